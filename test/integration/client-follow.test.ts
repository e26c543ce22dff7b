/** Steps through sessions on a real Redis: the bars of each step, what ends a loop, and which position a consumer keeps. */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { aggregateCascade, type Bar, ORIGIN_CODES, planCascade } from '@barkeep/bars';
import {
  DaysRemovedError,
  followSession,
  type FollowOptions,
  type KeptStart,
  NotLockstepError,
  SessionEndedError,
  type Step,
} from '@barkeep/client';
import {
  ConsumerReplacedError,
  removeSession,
  SessionConsumers,
  SessionLostError,
  type SessionLayout,
} from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { fillDay, runTo } from '../support/sessions/follow-store.js';
import { holey, marketBars } from '../support/data/market.js';
import { StoreServer, type TestStore } from '../support/sessions/session-store.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const SPEC = {
  symbols: ['AAA', 'BBB', 'CCC'],
  start: '2013-10-07',
  end: '2013-10-08',
  derivedIntervals: ['5m', '30m'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['vendor'],
  upkeep: { barrier: { minutes: 50 } },
};
/** Base bars that the clock may be ahead of the slowest consumer in lockstep. */
const LEAD = 30;
const lockstepWith = (pace: object) => ({ ...SPEC, pace: { mode: 'lockstep', window: LEAD, ...pace } });
const LOCKSTEP = lockstepWith({});
/** The market without 15 % of its bars. */
const market = holey(marketBars({ ...SPEC, seed: 3 }), 0.15, 4);
/** Base slots of a trading day without an early close. */
const SLOTS = 390;
const MINUTE = 60_000;
const SLOW_FOLLOWER = join(__dirname, '../support/programs/slow-follower.mjs');
const server = new StoreServer();
afterAll(() => server.close());

const follow = ({ reader }: TestStore, options?: FollowOptions) => followSession(server.redis, reader, options);

/** Follows a session to its end. */
async function allSteps(store: TestStore, options?: FollowOptions): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const step of follow(store, options)) steps.push(step);
  return steps;
}

/** Follows a session and ends the loop within its first step, which is therefore not acknowledged. */
async function firstStep(store: TestStore, options: FollowOptions): Promise<Step | undefined> {
  for await (const step of follow(store, options)) return step;
  return undefined;
}

/** A store with all bars, derived bars and its clock at the end. */
async function finished(spec: object = SPEC, bars = market): Promise<TestStore> {
  const store = await server.begin(server.layout(spec));
  await runTo(store, bars, store.layout.end);
  return store;
}

/** The bars of a symbol that closed in `(after, time]`. */
const closedIn = (bars: readonly Bar[], after: number, time: number) =>
  bars.filter(({ openTime }) => openTime + MINUTE > after && openTime + MINUTE <= time);

test('I2 every minute is a step, with its bars and a mirror that shows nothing after it', async () => {
  const store = await finished();
  const { layout } = store;
  const times: number[] = [];
  for await (const { time, bars, mirror, barCount, date, isDayClose, derivedBy } of follow(store)) {
    const expected = SPEC.symbols.flatMap((symbol) => {
      const [bar] = closedIn(market.get(symbol)!, time - MINUTE, time);
      return bar ? [[symbol, bar] as const] : [];
    });
    expect([...bars].map(([symbol, { closeTime }]) => [symbol, closeTime])).toEqual(
      expected.map(([symbol]) => [symbol, time]),
    );
    for (const [symbol, bar] of expected) expect(bars.get(symbol)).toMatchObject(bar);
    expect(barCount).toBe(expected.length);
    expect(mirror.clock).toBe(time);
    for (const symbol of SPEC.symbols) {
      expect(mirror.barCount(symbol)).toBe(closedIn(market.get(symbol)!, 0, time).length);
      expect(mirror.latestBar(symbol)?.closeTime ?? 0).toBeLessThanOrEqual(time);
      expect(mirror.latestBar(symbol, '30m')?.closeTime ?? 0).toBeLessThanOrEqual(time);
    }
    expect(date).toBe(layout.day(layout.dayIndexAt(time - 1)).date);
    expect(isDayClose).toBe(time === layout.grid(0).close || time === layout.end);
    expect(derivedBy).toBe('upkeep');
    times.push(time);
  }
  const grids = [layout.grid(0), layout.grid(1)];
  expect(times).toEqual(grids.flatMap((grid) => Array.from({ length: SLOTS }, (_, slot) => grid.closeTime(slot))));
});

const VENUES = [
  ['XNYS', '2013-11-27', '2013-11-29', 'an early close'],
  ['XHKG', '2024-02-08', '2024-02-14', 'a lunch break and a half day'],
  ['XTKS', '2024-01-04', '2024-01-05', 'a lunch break'],
] as const;
/** Lengths of a step. Some of them do not divide a segment, whose last step is then shorter. */
const STEP_LENGTHS = ['1m', '5m', '7m', '30m', '1h', '45m', 'day'];

/** The times of all steps of a session: a step of a day spans its segments, a shorter one ends with its segment. */
function stepTimes({ days }: SessionLayout, every: string): number[] {
  if (every === 'day') return days.map(({ segments }) => segments.at(-1)!.close);
  const stepMs = Number.parseInt(every, 10) * (every.endsWith('h') ? 60 * MINUTE : MINUTE);
  return days
    .flatMap(({ segments }) => segments)
    .flatMap(({ open, close }) =>
      Array.from({ length: Math.ceil((close - open) / stepMs) }, (_, i) => Math.min(open + (i + 1) * stepMs, close)),
    );
}

test.each(VENUES)(
  'steps of any length on %s, %s to %s, have the bars of their time: %s',
  async (calendar, start, end) => {
    const spec = { ...SPEC, calendar, start, end };
    const bars = holey(marketBars({ ...spec, seed: 9 }), 0.3, 2);
    const store = await finished(spec, bars);
    for (const every of STEP_LENGTHS) {
      const steps = await allSteps(store, { every });
      expect(steps.map(({ time }) => time)).toEqual(stepTimes(store.layout, every));
      let previousTime = store.layout.start;
      for (const step of steps) {
        for (const symbol of SPEC.symbols) {
          const inside = closedIn(bars.get(symbol)!, previousTime, step.time);
          expect(step.barsOf(symbol).map(({ openTime }) => openTime)).toEqual(inside.map(({ openTime }) => openTime));
          const expected = inside.length === 0 ? undefined : expect.objectContaining(summary(inside));
          expect(step.bars.get(symbol)).toEqual(expected);
        }
        for (const [interval, closed] of step.derived) {
          for (const [symbol, bar] of closed) expect(bar).toEqual(step.barsOf(symbol, interval).at(-1));
        }
        previousTime = step.time;
      }
    }
  },
);

/** One bar over the span of several. */
function summary(bars: readonly Bar[]) {
  return {
    open: bars[0]!.open,
    high: Math.max(...bars.map(({ high }) => high)),
    low: Math.min(...bars.map(({ low }) => low)),
    close: bars.at(-1)!.close,
    volume: bars.reduce((sum, { volume }) => sum + volume, 0),
  };
}

test.each(['day', 'none'])('I5 derived bars of a step are those of its base bars, barrier %s', async (barrier) => {
  const store = await finished({ ...SPEC, upkeep: { barrier } });
  const { layout } = store;
  const bases = await store.upkeep.readChunks(0, 0, layout.base, SPEC.symbols);
  let derivedBars = 0;
  for await (const step of follow(store)) {
    expect(step.derivedBy).toBe(barrier === 'none' ? 'client' : 'upkeep');
    if (step.time > layout.grid(0).close) break;
    for (const interval of layout.derived) {
      const plan = layout.plan(0, interval);
      const slot = plan.grid.closedBy(step.time) - 1;
      const closes = slot >= 0 && plan.grid.closeTime(slot) === step.time;
      for (const symbol of SPEC.symbols) {
        const derived = closes ? aggregateCascade(bases.get(symbol)!, planCascade([plan]))[0] : undefined;
        const bar = derived?.bar(slot, plan.grid);
        expect(step.derived.get(interval.name)?.get(symbol)).toEqual(bar);
        if (!bar) continue;
        expect(step.mirror.latestBar(symbol, interval.name)).toEqual(bar);
        derivedBars++;
      }
    }
  }
  // Of each symbol the 5-minute and the half-hour bars of one day.
  expect(derivedBars).toBe(3 * (SLOTS / 5 + SLOTS / 30));
});

test('a loop waits for a clock that moves bit by bit, and gets every step once', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const steps = allSteps(store, { every: '5m' });
  for (let time = layout.start; time < layout.end;) {
    time = Math.min(time + 37 * MINUTE, layout.end);
    await runTo(store, market, time);
  }
  expect(await steps).toHaveLength((2 * SLOTS) / 5);
});

/** Moves the clock to the end of the session as a coordinator would: at most LEAD slots ahead of the slowest consumer. */
async function moveInLockstep(store: TestStore, consumers: SessionConsumers): Promise<void> {
  const grids = [store.layout.grid(0), store.layout.grid(1)];
  const closes = grids.flatMap((grid) => Array.from({ length: SLOTS }, (_, slot) => grid.closeTime(slot)));
  let shown = 0;
  while (shown < closes.length) {
    const { slowest } = await consumers.limit();
    if (slowest === undefined) return;
    if (slowest === 'waiting') continue;
    const acknowledged = closes.filter((time) => time <= slowest).length;
    const next = Math.min(acknowledged + LEAD, closes.length);
    if (next <= shown) continue;
    shown = next;
    await runTo(store, market, closes[shown - 1]!);
  }
}

test('in lockstep a clock that stays 30 slots ahead of a consumer gets to the end, whatever the length of its steps', async () => {
  for (const every of ['1m', '7m', '1h', 'day']) {
    const store = await server.begin(server.layout(LOCKSTEP));
    const consumers = new SessionConsumers(server.redis, store.layout);
    const loop = allSteps(store, { consumer: 'one', every });
    await moveInLockstep(store, consumers);
    const steps = await loop;
    expect(steps.at(-1)!.date).toBe(SPEC.end);
    const [view] = await consumers.list();
    const bars = [...market.values()].flat().length;
    expect(view).toMatchObject({ state: 'left', time: store.layout.end, steps: steps.length, bars });
  }
});

test('I13 a consumer restores a position that the store lost, also when that is after the clock', async () => {
  const store = await server.begin(server.layout(lockstepWith({ heartbeatSeconds: 5 })));
  const { layout } = store;
  const consumers = new SessionConsumers(server.redis, layout);
  const end = new AbortController();
  const at = (minutes: number) => layout.start + minutes * MINUTE;
  const loop = allSteps(store, { consumer: 'one', signal: end.signal });
  /** Waits until the consumer's position is `time`. */
  const heldAt = async (time: number) => {
    while ((await consumers.limit()).slowest !== time);
  };
  await heldAt(at(0));
  await runTo(store, market, at(30));
  await heldAt(at(30));
  const setBack = await server.snapshot(layout.id);
  for (const minutes of [60, 90]) {
    await runTo(store, market, at(minutes));
    await heldAt(at(minutes));
  }
  await setBack();
  expect(await consumers.limit()).toMatchObject({ slowest: at(30) });
  await heldAt(at(90));
  end.abort(new Error('the test has seen enough'));
  await expect(loop).rejects.toThrow('enough');
  // The consumer left at its position, although the clock of the store is still at minute 30.
  expect(await consumers.list()).toMatchObject([{ state: 'left', time: at(90) }]);
});

test('a consumer that comes back continues at its kept position; its hash is that of one that never left', async () => {
  const store = await finished(LOCKSTEP);
  const consumers = new SessionConsumers(server.redis, store.layout);
  await allSteps(store, { consumer: 'steady', every: '5m' });
  // Each loop but the last breaks off in a step, which is therefore not acknowledged. The session has fewer than 200 steps.
  let deliveries = 0;
  for (const stepsToBreak of [1, 7, 30, 200]) {
    let left = stepsToBreak;
    for await (const step of follow(store, { consumer: 'broken', every: '5m' })) {
      deliveries++;
      if (--left === 0) break;
      expect(step.time).toBeGreaterThan(0);
    }
  }
  const views = await consumers.list();
  const [steady, broken] = ['steady', 'broken'].map((name) => views.find((view) => view.name === name));
  expect(deliveries).toBeGreaterThan((2 * SLOTS) / 5);
  expect(broken).toMatchObject({
    deliveredHash: steady!.deliveredHash,
    steps: (2 * SLOTS) / 5,
    bars: steady!.bars,
    state: 'left',
  });
  expect(steady!.deliveredHash).toBe(plainHash(store));
});

/**
 * The delivered hash of a consumer with steps of 5 minutes, computed from the market as docs/client.md describes it. The session
 * has 5-minute and 30-minute bars.
 */
function plainHash({ layout }: TestStore): string {
  let hash = Buffer.alloc(32);
  const f64 = (value: number) => Buffer.from(Float64Array.of(value).buffer);
  for (const day of [0, 1]) {
    const grid = layout.grid(day, layout.interval('5m')!);
    for (let slot = 0; slot < grid.slotCount; slot++) {
      const [from, time] = [grid.openTime(slot), grid.closeTime(slot)];
      const sha = createHash('sha256').update(hash).update(f64(time));
      let names = '';
      for (const length of [1, 5, 30]) {
        const barMs = length * MINUTE;
        if ((time - grid.open) % barMs !== 0) continue;
        names += `${length}m\n`;
        for (const symbol of SPEC.symbols) {
          // Five 1-minute bars, one 5-minute bar, and in every sixth step one 30-minute bar, which opened before the step.
          const closes = length === 1 ? [1, 2, 3, 4, 5].map((minute) => from + minute * MINUTE) : [time];
          for (const close of closes) {
            const start = close - barMs;
            const bars = market.get(symbol)!.filter(({ openTime }) => openTime >= start && openTime < close);
            if (bars.length === 0) continue;
            const sum = summary(bars);
            const values = [sum.open, sum.high, sum.low, sum.close, sum.volume].map(f64);
            const origin = length === 1 ? ORIGIN_CODES.streamed : ORIGIN_CODES.derived;
            const meta = Buffer.from(Uint16Array.of(origin, 0, bars.length, length).buffer);
            sha.update(Buffer.concat([f64(start), ...values, meta]));
            names += `${symbol}\0`;
          }
        }
      }
      hash = sha.update(names).digest();
    }
  }
  return hash.toString('hex');
}

test('I11 a consumer that comes back after the end is warned that it gets no further step, and may begin again', async () => {
  const store = await finished(LOCKSTEP);
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    const starts: KeptStart[] = [];
    const onKept = (kept: KeptStart) => starts.push(kept);
    const countSteps = async (options: FollowOptions) => (await allSteps(store, { onKept, ...options })).length;
    const all = await countSteps({ consumer: 'one' });
    expect(all).toBeGreaterThan(0);
    expect(warn).not.toHaveBeenCalled();
    expect(await countSteps({ consumer: 'one' })).toBe(0);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0]![0])).toBe(
      `consumer one has finished session ${store.layout.id} (${all} steps): ` +
        'it gets no further step; another name, or from: "beginning", starts again',
    );
    expect(await countSteps({ consumer: 'one', from: 'beginning' })).toBe(all);
    expect(starts.map(({ steps: delivered, atEnd }) => [delivered, atEnd])).toEqual([
      [0, false],
      [all, true],
      [0, false],
    ]);
  } finally {
    warn.mockRestore();
  }
});

test('a consumer whose onKept throws no longer holds the clock', async () => {
  const store = await finished(LOCKSTEP);
  const onKept = () => {
    throw new Error('no such state');
  };
  await expect(follow(store, { consumer: 'one', onKept }).next()).rejects.toThrow('no such state');
  const [view] = await new SessionConsumers(server.redis, store.layout).list();
  expect(view).toMatchObject({ name: 'one', state: 'left', steps: 0 });
});

test('a consumer begins at its kept position, at the beginning, or at the first step after the clock', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const { layout } = store;
  // Two minutes into the 5-minute step that ends at minute 65.
  const time = layout.grid(0).openTime(62);
  await runTo(store, market, time);
  expect((await firstStep(store, { consumer: 'new' }))!.time).toBe(layout.start + MINUTE);
  expect((await firstStep(store, { consumer: 'new', from: 'beginning' }))!.time).toBe(layout.start + MINUTE);
  const late = firstStep(store, { consumer: 'late', from: 'now', every: '5m' });
  const consumers = new SessionConsumers(server.redis, layout);
  while ((await consumers.list()).every(({ name }) => name !== 'late'));
  await runTo(store, market, layout.grid(0).openTime(70));
  const step = (await late)!;
  expect(step.time).toBe(layout.grid(0).openTime(65));
  expect(step.barsOf('AAA')).toHaveLength(closedIn(market.get('AAA')!, step.time - 5 * MINUTE, step.time).length);
  expect(step.mirror.barCount('AAA')).toBe(closedIn(market.get('AAA')!, 0, step.time).length);
});

test('the mirror of a later step has a backfilled bar, and without barriers derives from it', async () => {
  const store = await server.begin(server.layout({ ...SPEC, upkeep: { barrier: 'none' } }));
  const { layout } = store;
  const whole = marketBars({ ...SPEC, seed: 3 });
  const firstClose = layout.grid(0).close;
  await runTo(store, market, firstClose);
  for await (const { mirror, time } of follow(store, { every: '30m' })) {
    if (time < firstClose) continue;
    if (time === firstClose) {
      const before = mirror.barCount('AAA');
      const written = await fillDay(store, 0, 'AAA', whole.get('AAA')!);
      expect(before + written).toBe(SLOTS);
      await runTo(store, market, layout.grid(1).openTime(30));
      continue;
    }
    // The step after 30 minutes of the second day: the first day is now whole.
    const secondDay = mirror.lastBars('AAA', 30, '1m').filter(({ openTime }) => openTime > firstClose);
    expect(mirror.barCount('AAA') - secondDay.length).toBe(SLOTS);
    const derived = mirror.lastBars('AAA', (SLOTS + 30) / 5, '5m').slice(0, SLOTS / 5);
    expect(derived.every(({ complete }) => complete)).toBe(true);
    break;
  }
});

/** A session whose consumers are dropped after one second without a message, and a view of them. */
async function withShortHeartbeat() {
  const store = await server.begin(server.layout(lockstepWith({ heartbeatSeconds: 1 })));
  await runTo(store, market, store.layout.grid(0).openTime(LEAD));
  const consumers = new SessionConsumers(server.redis, store.layout);
  const viewOf = async (name: string) => (await consumers.list()).find((view) => view.name === name);
  return { store, consumers, viewOf };
}

test('a consumer whose loop is slow is not dropped', async () => {
  const { store, consumers, viewOf } = await withShortHeartbeat();
  const slow = follow(store, { consumer: 'slow' });
  await slow.next();
  // The consumer requests no further step and sends only heartbeats, for three times the allowed silence.
  const begun = (await viewOf('slow'))!.seenAt;
  while ((await viewOf('slow'))!.seenAt < begun + 3_000) await consumers.limit();
  expect(await viewOf('slow')).toMatchObject({ state: 'active', steps: 0 });
  expect((await consumers.limit()).slowest).toBe(store.layout.sessionStart);
  await slow.return();
});

test('a consumer whose process stands still is dropped, and is active again when the process continues', async () => {
  const { store, consumers, viewOf } = await withShortHeartbeat();
  const { layout } = store;
  const child = fork(SLOW_FOLLOWER, [process.env['SESSION_REDIS_URL']!, layout.keysOf(0).prefix, layout.id, 'stopped']);
  try {
    await once(child, 'message');
    child.kill('SIGSTOP');
    while ((await consumers.limit()).slowest !== undefined);
    expect(await viewOf('stopped')).toMatchObject({ state: 'dropped' });
    child.kill('SIGCONT');
    while ((await consumers.limit()).slowest === undefined);
    expect(await viewOf('stopped')).toMatchObject({ state: 'active' });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('a loop ends when the consumer is replaced, when it is aborted, when the session ends, and when it is deleted', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const { layout } = store;
  const { events } = layout.keysOf(0);
  // The clock allows ten steps. States that the test adds to the events then end the session.
  await runTo(store, market, layout.grid(0).openTime(10));
  /** Follows to the end of the loop. @returns how the loop ended, and the number of its steps */
  const run = async (options: FollowOptions, inFifthStep: () => unknown = () => undefined) => {
    let steps = 0;
    try {
      for await (const { time } of follow(store, options)) {
        expect(time).toBeLessThanOrEqual(layout.grid(0).openTime(10));
        if (++steps === 5) await inFifthStep();
      }
      return ['completed', steps];
    } catch (error) {
      return [error, steps];
    }
  };
  const consumers = new SessionConsumers(server.redis, layout);
  expect(await run({ consumer: 'one' }, () => consumers.join('one', 'kept'))).toEqual([
    expect.any(ConsumerReplacedError),
    expect.any(Number),
  ]);
  const controller = new AbortController();
  const reason = new Error('enough');
  expect(await run({ signal: controller.signal }, () => controller.abort(reason))).toEqual([reason, 5]);
  await server.redis.xadd(events, '*', 'type', 'state', 'state', 'stopped', 'error', 'by hand');
  expect(await run({ from: 'beginning' })).toEqual([expect.any(SessionEndedError), 10]);
  await server.redis.xadd(events, '*', 'type', 'state', 'state', 'completed');
  expect(await run({})).toEqual(['completed', 10]);
  await server.redis.xadd(events, '*', 'type', 'state', 'state', 'running');
  expect(await run({}, () => removeSession(server.redis, layout))).toEqual([
    expect.any(SessionLostError),
    expect.any(Number),
  ]);
});

test('lockstep in a session of another pace, and an unknown start, are errors', async () => {
  const store = await finished();
  await expect(follow(store, { lockstep: true }).next()).rejects.toThrow(NotLockstepError);
  await expect(follow(store, { from: 'begin' as 'now' }).next()).rejects.toThrow(
    'from: expected "kept", "beginning" or "now", was "begin"',
  );
});

test.each(['1m', 'day'])(
  'a mirror with keepDays 1 keeps every day until its steps are delivered (steps of %s)',
  async (every) => {
    const spec = { ...LOCKSTEP, end: '2013-10-11' };
    const bars = holey(marketBars({ ...spec, seed: 5 }), 0.15, 4);
    const store = await finished(spec, bars);
    const total = [...bars.values()].flat().length;
    for (const [consumer, keepDays] of [
      ['all', undefined],
      ['few', 1],
    ] as const) {
      let delivered = 0;
      for await (const { barCount } of follow(store, { consumer, every, keepDays })) delivered += barCount;
      expect(delivered).toBe(total);
    }
    const [all, few] = await new SessionConsumers(server.redis, store.layout).list();
    expect(few!.deliveredHash).toBe(all!.deliveredHash);
  },
);

test('a new consumer begins after the removed days, and one whose position is in them gets an error', async () => {
  const store = await finished({ ...LOCKSTEP, end: '2013-10-10' }, marketBars({ ...SPEC, end: '2013-10-10', seed: 3 }));
  const { layout } = store;
  for await (const step of follow(store, { consumer: 'early' })) if (step.time > layout.start + 10 * MINUTE) break;
  // Removes the first two days, as retention does.
  const { open } = layout.grid(2);
  await server.redis.hset(layout.keysOf(0).meta, 'retainedFrom', open);
  const chunks = (await server.keys(layout.id)).filter((key) => /2013-10-0[78]/.test(key));
  expect(chunks.length).toBeGreaterThan(0);
  await server.redis.unlink(...chunks);
  for (const options of [{ lockstep: false }, { consumer: 'new' }, { consumer: 'early', from: 'beginning' }] as const) {
    const step = await firstStep(store, { keepDays: 1, ...options });
    expect([step!.time, step!.bars.size]).toEqual([open + MINUTE, SPEC.symbols.length]);
  }
  // The third word of a consumer's record is its position: sets it to the fifth minute of the first day.
  await firstStep(store, { consumer: 'back' });
  const record = (await server.redis.hget(layout.keysOf(0).consumers, 'back'))!.split(' ');
  record[2] = String(layout.grid(0).openTime(5));
  await server.redis.hset(layout.keysOf(0).consumers, 'back', record.join(' '));
  await expect(firstStep(store, { consumer: 'back' })).rejects.toThrow(DaysRemovedError);
});

test('a connection that is cut again and again neither ends a loop nor changes the delivered bars', async () => {
  const store = await finished(LOCKSTEP);
  await allSteps(store, { consumer: 'steady' });
  const gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  const redis = new Redis(gate.url);
  redis.on('error', () => undefined);
  try {
    let steps = 0;
    for await (const { time } of followSession(redis, store.reader, { consumer: 'cut' })) {
      expect(time).toBeGreaterThan(0);
      // Six times in the 780 steps.
      if (++steps % 150 !== 10) continue;
      await gate.shut();
      await gate.open();
    }
  } finally {
    redis.disconnect();
    await gate.shut();
  }
  const [cut, steady] = await new SessionConsumers(server.redis, store.layout).list();
  expect(cut).toMatchObject({ deliveredHash: steady!.deliveredHash, steps: 2 * SLOTS, state: 'left' });
});
