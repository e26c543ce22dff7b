/**
 * The cost of lockstep, in which a session's clock waits for its consumers. A consumer is another process: its loop gets one step for
 * each minute of the session, and does nothing in it. Every process follows sessions of the same shape before it is measured, so that
 * the figures do not include compilation.
 */
import { startConsumers } from '../harness/consumers.mjs';
import { runSession } from '../harness/session.mjs';
import { computed, median, percentage } from '../harness/rounds.mjs';

const CONSUMERS_MAX = 4;
/** The lead (`pace.window`) in base bars: two days, so that a consumer reads one and steps through the other. A spec's default is 30. */
const WINDOW = 780;
/** Number of sessions per sample, one after the other. One takes only half a second, so other work on the machine would distort it. */
const SESSIONS = 3;
/** Sessions that all consumers follow before anything is measured. */
const WARM_UPS = 20;
/** The derived intervals of a spec's default. The default barrier is each day. */
const DERIVED = ['5m', '15m'];
const MINUTES_PER_DAY = 390;

export default {
  id: 'lockstep',
  title: [
    `lockstep: 100 symbols × 5 days with a barrier each day, 5m and 15m derived, every 1m, window ${WINDOW}`,
    'value: one consumer process with an empty loop, from the request that starts the session until both have ended',
    'limit: the same session at pace max without consumers',
    `also: ${CONSUMERS_MAX} consumer processes`,
    `bars/s from the first step to the last, and CPU ns per bar of one consumer process, warmed up`,
    `${SESSIONS} sessions per sample`,
  ].join('; '),
  unit: 'bars/s',
  rounds: 5,
  targets: {
    ratioToLimit: 0.5,
    others: { 'first step to last': { valueMin: 300_000 }, 'share kept with 4 consumers, %': { valueMin: 60 } },
  },
  async prepare(bench) {
    const market = await bench.market({ symbols: 100, days: 5 });
    const consumers = await startConsumers(bench.services.sessionRedisUrl, CONSUMERS_MAX);
    const setup = { bench, market, consumers, system: await bench.system({ workers: 2 }) };
    // The last sample, by the number of consumers. The `rate` of the sample covers whole sessions; the `rate` of one of its `consumers`
    // covers the time from the first step of that consumer to its last.
    const samples = {};
    const arm = (count) => async () => {
      const all = [];
      for (let i = 0; i < SESSIONS; i++) all.push(await runWith(count, setup));
      samples[count] = combined(all);
      return samples[count];
    };
    for (let i = 0; i < WARM_UPS; i++) await runWith(CONSUMERS_MAX, setup);
    const nanosOf = (count) =>
      computed(() => median(samples[count].consumers.map(({ nanosPerBar }) => nanosPerBar)), 'ns');
    return {
      // A round runs `limit`, then `value`, then `others` in this order. A computed arm uses the samples of arms before it.
      limit: arm(0),
      value: arm(1),
      others: {
        'first step to last': computed(() => median(samples[1].consumers.map(({ rate }) => rate))),
        'CPU ns per bar': nanosOf(1),
        '4 consumers': arm(CONSUMERS_MAX),
        'CPU ns per bar of one of 4': nanosOf(CONSUMERS_MAX),
        'share kept with 4 consumers, %': percentage(() => samples[CONSUMERS_MAX].rate / samples[1].rate),
        'CPU of the stream, 4 consumers more than 1, %': percentage(
          () => streamCpu(samples[CONSUMERS_MAX]) / streamCpu(samples[1]) - 1,
        ),
      },
      close: consumers.stop,
    };
  },
};

/** Runs one session, in lockstep with `count` consumers, or at pace max without any. @throws unless each received every bar */
async function runWith(count, { bench, system, market, consumers }) {
  const pace = count === 0 ? { mode: 'max' } : { mode: 'lockstep', window: WINDOW, consumers: count };
  const follow = (id) => consumers.follow(id, count);
  const sample = await runSession(bench, system, market, { derivedIntervals: DERIVED, pace }, { follow });
  for (const [i, { bars, steps, cpu }] of sample.consumers.entries()) {
    if (bars !== market.bars) throw new Error(`expected ${market.bars} bars in the loop, was ${bars}`);
    if (steps !== market.grids.length * MINUTES_PER_DAY) throw new Error(`expected one step per minute, was ${steps}`);
    sample.cpu[`consumer ${i + 1}`] = cpu;
  }
  return sample;
}

/** CPU seconds of the servers, the coordinator and the workers: of all processes but the consumers and this one. */
function streamCpu({ cpu }) {
  const others = Object.entries(cpu).filter(([name]) => name !== 'bench' && !name.startsWith('consumer'));
  return others.reduce((sum, [, seconds]) => sum + seconds, 0);
}

/** Combines the samples of consecutive sessions into one. */
function combined(samples) {
  const mean = (valueOf) => samples.reduce((sum, sample) => sum + valueOf(sample), 0) / samples.length;
  const seconds = mean((sample) => sample.seconds);
  const rate = mean((sample) => sample.rate * sample.seconds) / seconds;
  const cpu = Object.fromEntries(Object.keys(samples[0].cpu).map((name) => [name, mean((sample) => sample.cpu[name])]));
  return { ...samples[0], rate, seconds, cpu, consumers: samples.flatMap((sample) => sample.consumers) };
}
