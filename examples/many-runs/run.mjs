/** Tests 16 pairs of averages on one session: four processes follow it in lockstep, each with four of the pairs. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@barkeep/client';
import { amount, count, table } from '../sma-cross/text.mjs';

const EVERY = '5m';
const WORKERS = 4;
/** The parameter sets: lengths of the fast and the slow average, in bars of five minutes. */
const SETS = [6, 12, 18, 24].flatMap((fast) => [52, 78, 91, 104].map((slow) => ({ fast, slow })));
const SPEC = {
  symbols: ['ALPHA', 'BRAVO', 'CINDER', 'DELTA', 'EMBER', 'FJORD', 'GLINT', 'HAVEN', 'INDIGO', 'JUNIPER'],
  start: '2024-03-04',
  end: '2024-03-08',
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['reference'],
  derivedIntervals: [EVERY],
  // The clock waits until all consumers have joined. Then it never gets far ahead of the slowest.
  pace: { mode: 'lockstep', consumers: WORKERS },
};
/** 78 steps of five minutes on each of 252 trading days. */
const STEPS_PER_YEAR = 78 * 252;

/** @param example runs programs and the `barkeep` command (scripts/example.mjs) */
export async function run(example) {
  await example.barkeep('demo', '--data-only'); // imports the datasets `stream` and `reference`
  await example.startBarkeep(); // a coordinator and an upkeep worker; `barkeep up` starts them too
  const barkeep = connect({ env: example.env });
  const session = await barkeep.createSession(SPEC, { start: true });
  const ending = new AbortController();
  try {
    const startedAt = performance.now();
    const signal = AbortSignal.any([example.signal, ending.signal]);
    const results = await Promise.all(
      Array.from({ length: WORKERS }, (_, worker) => {
        const sets = SETS.filter((_set, place) => place % WORKERS === worker); // every fourth set
        return inWorker({ id: session.id, consumer: `worker-${worker + 1}`, every: EVERY, sets }, example.env, signal);
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const consumers = await session.consumers();
    console.log(`${resultsText(results.flat())}\n\n${consumersText(consumers)}`);
    const [{ bars }] = consumers; // each consumer got the same number of bars
    const rate = `${count(Math.round((WORKERS * bars) / seconds))} bars/s delivered`;
    example.note(`${SETS.length} sets in ${WORKERS} processes over ${count(bars)} bars: ${amount(seconds)} s, ${rate}`);
  } finally {
    ending.abort(); // ends the other processes when one has failed
    await session.delete();
    await barkeep.close();
  }
}

const OUTPUT_MAX = 64 * 1024 * 1024;

/** Runs a worker process to its end. @param work its argument @returns its parsed output: one result per pair of averages */
async function inWorker(work, env, signal) {
  const args = [join(import.meta.dirname, 'worker.mjs'), JSON.stringify(work)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, signal, maxBuffer: OUTPUT_MAX });
  return JSON.parse(stdout);
}

/** One row per pair of averages, the best Sharpe ratio first. */
function resultsText(results) {
  const rated = results.map((result) => ({ ...result, ratio: sharpe(result.equity) }));
  rated.sort((a, b) => b.ratio - a.ratio || a.fast - b.fast || a.slow - b.slow);
  return table(
    rated.map(({ fast, slow, trades, equity, ratio }) => ({
      fast: count(fast),
      slow: count(slow),
      trades: count(trades),
      'P&L': amount(equity.at(-1)),
      Sharpe: amount(ratio),
      drawdown: amount(drawdown(equity)),
    })),
  );
}

/** One row per consumer: what was delivered to it. */
function consumersText(consumers) {
  return table(
    consumers.map(({ name, steps, bars, deliveredHash }) => ({
      consumer: name,
      steps: count(steps),
      bars: count(bars),
      delivered: deliveredHash,
    })),
  );
}

/** Mean over standard deviation of the profit per step, scaled to a year. @param equity profit so far after each step */
function sharpe(equity) {
  const gains = equity.map((profit, step) => profit - (equity[step - 1] ?? 0));
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / gains.length;
  return variance === 0 ? 0 : (mean / Math.sqrt(variance)) * Math.sqrt(STEPS_PER_YEAR);
}

/** The largest loss from a peak to a later low, in dollars. */
function drawdown(equity) {
  let [peak, worst] = [0, 0];
  for (const profit of equity) {
    peak = Math.max(peak, profit);
    worst = Math.max(worst, peak - profit);
  }
  return worst;
}
