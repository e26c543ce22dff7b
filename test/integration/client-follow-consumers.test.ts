/**
 * Consumers that follow sessions on a real Redis: which position each keeps, how its clock waits for it, and what ends its loop.
 * I11, I13: invariants at the end of docs/ARCHITECTURE.md.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bar, ORIGIN_CODES } from '@barkeep/bars';
import {
  DaysRemovedError,
  followSession,
  type FollowOptions,
  type KeptStart,
  SessionEndedError,
} from '@barkeep/client';
import {
  ConsumerReplacedError,
  removeSession,
  SessionConsumers,
  SessionLostError,
  type SessionLayout,
} from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { holey, marketBars } from '../support/data/market.js';
import { fillDay, runTo } from '../support/sessions/follow-store.js';
import {
  closedIn,
  FOLLOWED_MARKET as MARKET,
  FOLLOWED_SPEC as SPEC,
  FollowedServer,
  SLOTS_OF_DAY,
  valuesOver,
} from '../support/sessions/followed-server.js';
import type { TestStore } from '../support/sessions/session-store.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const MINUTE = 60_000;
/** Base bars that the clock may be ahead of the slowest consumer. */
const LEAD = 30;
const lockstepWith = (pace: object) => ({ ...SPEC, pace: { mode: 'lockstep', window: LEAD, ...pace } });
const LOCKSTEP = lockstepWith({});
/** Number of 5-minute steps in the session, which has two whole days. */
const FIVE_MINUTE_STEPS = (2 * SLOTS_OF_DAY) / 5;
const SLOW_FOLLOWER = join(__dirname, '../support/programs/slow-follower.mjs');

const server = new FollowedServer();
afterAll(() => server.close());

const consumersOf = ({ layout }: TestStore) => new SessionConsumers(server.redis, layout);
const barsIn = (market: ReadonlyMap<string, readonly Bar[]>) => [...market.values()].flat().length;

/** Moves the clock to the end of the session as a coordinator would: at most LEAD slots ahead of the slowest consumer. */
async function moveInLockstep(store: TestStore): Promise<void> {
  const consumers = consumersOf(store);
  const grids = [store.layout.grid(0), store.layout.grid(1)];
  const closes = grids.flatMap((grid) => Array.from({ length: SLOTS_OF_DAY }, (_, slot) => grid.closeTime(slot)));
  let shown = 0;
  while (shown < closes.length) {
    const { slowest } = await consumers.limit();
    if (slowest === undefined) return; // the consumer has left
    if (slowest === 'waiting') continue; // it has not joined yet
    const acknowledged = closes.filter((time) => time <= slowest).length;
    const allowed = Math.min(acknowledged + LEAD, closes.length);
    if (allowed <= shown) continue;
    shown = allowed;
    await runTo(store, MARKET, closes[shown - 1]!);
  }
}

test('in lockstep a clock that stays 30 slots ahead of a consumer gets to the end, whatever the length of its steps', async () => {
  for (const every of ['1m', '7m', '1h', 'day']) {
    const store = await server.begin(server.layout(LOCKSTEP));
    const loop = server.allSteps(store, { consumer: 'one', every });
    await moveInLockstep(store);
    const steps = await loop;
    expect(steps.at(-1)!.date).toBe(SPEC.end);
    const [view] = await consumersOf(store).list();
    const { end } = store.layout;
    expect(view).toMatchObject({ state: 'left', time: end, steps: steps.length, bars: barsIn(MARKET) });
  }
});

test('I13 a consumer restores a position that the store lost, also when that is after the clock', async () => {
  const store = await server.begin(server.layout(lockstepWith({ heartbeatSeconds: 5 })));
  const consumers = consumersOf(store);
  const at = (minutes: number) => store.layout.start + minutes * MINUTE;
  const end = new AbortController();
  const loop = server.allSteps(store, { consumer: 'one', signal: end.signal });
  /** Waits until the consumer's position is `time`. */
  const heldAt = async (time: number) => {
    while ((await consumers.limit()).slowest !== time);
  };
  await heldAt(at(0));
  await runTo(store, MARKET, at(30));
  await heldAt(at(30));
  const setBack = await server.snapshot(store.layout.id);
  for (const minutes of [60, 90]) {
    await runTo(store, MARKET, at(minutes));
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
  const store = await server.finished(LOCKSTEP);
  await server.allSteps(store, { consumer: 'steady', every: '5m' });
  let deliveries = 0;
  // Each loop but the last breaks off in a step, which is therefore not acknowledged. The last one gets to the end, because the
  // session has fewer than 200 steps.
  for (const stepsToBreak of [1, 7, 30, 200]) {
    let stepsLeft = stepsToBreak;
    for await (const step of server.follow(store, { consumer: 'broken', every: '5m' })) {
      expect(step.time).toBeGreaterThan(0);
      deliveries++;
      if (--stepsLeft === 0) break;
    }
  }
  const views = await consumersOf(store).list();
  const [steady, broken] = ['steady', 'broken'].map((name) => views.find((view) => view.name === name)!);
  expect(deliveries).toBeGreaterThan(FIVE_MINUTE_STEPS);
  const { deliveredHash, bars } = steady!;
  expect(broken).toMatchObject({ deliveredHash, steps: FIVE_MINUTE_STEPS, bars, state: 'left' });
  expect(deliveredHash).toBe(plainHash(store.layout));
});

/** The delivered hash of a consumer with steps of 5 minutes, computed from the market as docs/client.md describes it. */
function plainHash(layout: SessionLayout): string {
  let hash: Buffer = Buffer.alloc(32);
  for (const day of [0, 1]) {
    const grid = layout.grid(day, layout.interval('5m')!);
    for (let slot = 0; slot < grid.slotCount; slot++) {
      const time = grid.closeTime(slot);
      // The lengths of the intervals, base and derived, of which a bar closes at this time.
      const closing = [1, 5, 30].filter((minutes) => (time - grid.open) % (minutes * MINUTE) === 0);
      const delivered = closing.map((minutes) => deliveredOf(minutes, time));
      const records = delivered.flatMap((interval) => interval.records);
      const names = delivered.map((interval) => interval.names).join('');
      const link = Buffer.concat([hash, float64(time), ...records, Buffer.from(names)]);
      hash = createHash('sha256').update(link).digest();
    }
  }
  return hash.toString('hex');
}

const float64 = (value: number) => Buffer.from(Float64Array.of(value).buffer);

/**
 * What the 5-minute step at `time` delivers of an interval: five 1-minute bars of each symbol, or the one longer bar that closes at
 * `time`. @param minutes length of the interval @returns what the bars and their names add to the hash
 */
function deliveredOf(minutes: number, time: number): { records: Buffer[]; names: string } {
  const closes = minutes === 1 ? [4, 3, 2, 1, 0].map((before) => time - before * MINUTE) : [time];
  const origin = minutes === 1 ? ORIGIN_CODES.streamed : ORIGIN_CODES.derived;
  const records: Buffer[] = [];
  let names = `${minutes}m\n`;
  for (const symbol of SPEC.symbols) {
    for (const close of closes) {
      const openTime = close - minutes * MINUTE;
      const bars = closedIn(MARKET.get(symbol)!, openTime, close);
      if (bars.length === 0) continue;
      const values = valuesOver(bars);
      const numbers = [openTime, values.open, values.high, values.low, values.close, values.volume].map(float64);
      const counts = Buffer.from(Uint16Array.of(origin, 0, bars.length, minutes).buffer);
      records.push(...numbers, counts);
      names += `${symbol}\0`;
    }
  }
  return { records, names };
}

test('I11 a consumer that comes back after the end is warned that it gets no further step, and may begin again', async () => {
  const store = await server.finished(LOCKSTEP);
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    const starts: KeptStart[] = [];
    const onKept = (kept: KeptStart) => starts.push(kept);
    const countSteps = async (options: FollowOptions) => (await server.allSteps(store, { onKept, ...options })).length;
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
  const store = await server.finished(LOCKSTEP);
  const onKept = () => {
    throw new Error('no such state');
  };
  await expect(server.follow(store, { consumer: 'one', onKept }).next()).rejects.toThrow('no such state');
  const [view] = await consumersOf(store).list();
  expect(view).toMatchObject({ name: 'one', state: 'left', steps: 0 });
});

test('a consumer begins at its kept position, at the beginning, or at the first step after the clock', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const { layout } = store;
  // Two minutes into the 5-minute step that ends at minute 65.
  await runTo(store, MARKET, layout.grid(0).openTime(62));
  expect((await server.firstStep(store, { consumer: 'new' }))!.time).toBe(layout.start + MINUTE);
  expect((await server.firstStep(store, { consumer: 'new', from: 'beginning' }))!.time).toBe(layout.start + MINUTE);
  const lateStep = server.firstStep(store, { consumer: 'late', from: 'now', every: '5m' });
  const consumers = consumersOf(store);
  while ((await consumers.list()).every(({ name }) => name !== 'late'));
  await runTo(store, MARKET, layout.grid(0).openTime(70));
  const step = (await lateStep)!;
  expect(step.time).toBe(layout.grid(0).openTime(65));
  const bars = MARKET.get('AAA')!;
  expect(step.barsOf('AAA')).toHaveLength(closedIn(bars, step.time - 5 * MINUTE, step.time).length);
  expect(step.mirror.barCount('AAA')).toBe(closedIn(bars, 0, step.time).length);
});

/** A session whose consumers are dropped after one second without a message. `viewOf` shows one of them. */
async function withShortHeartbeat() {
  const store = await server.begin(server.layout(lockstepWith({ heartbeatSeconds: 1 })));
  await runTo(store, MARKET, store.layout.grid(0).openTime(LEAD));
  const consumers = consumersOf(store);
  const viewOf = async (name: string) => (await consumers.list()).find((view) => view.name === name);
  return { store, consumers, viewOf };
}

test('a consumer whose loop is slow is not dropped', async () => {
  const { store, consumers, viewOf } = await withShortHeartbeat();
  const slow = server.follow(store, { consumer: 'slow' });
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

describe('a loop ends', () => {
  let store: TestStore;
  beforeEach(async () => {
    store = await server.begin(server.layout(LOCKSTEP));
    // The clock allows ten steps.
    await runTo(store, MARKET, store.layout.grid(0).openTime(10));
  });

  /** Follows to the end of the loop. @returns its error, if it ended with one, and the number of its steps */
  async function loopEnd(options: FollowOptions, inFifthStep: () => unknown = () => undefined) {
    let steps = 0;
    try {
      for await (const { time } of server.follow(store, options)) {
        expect(time).toBeLessThanOrEqual(store.layout.grid(0).openTime(10));
        if (++steps === 5) await inFifthStep();
      }
      return { error: undefined, steps };
    } catch (error) {
      return { error, steps };
    }
  }

  /** Adds a state of the session to its events. */
  async function emit(event: { state: string; error?: string }): Promise<void> {
    await server.redis.xadd(store.layout.keysOf(0).events, '*', 'type', 'state', ...Object.entries(event).flat());
  }

  test('when its consumer is replaced', async () => {
    const { error } = await loopEnd({ consumer: 'one' }, () => consumersOf(store).join('one', 'kept'));
    expect(error).toBeInstanceOf(ConsumerReplacedError);
  });

  test('in the step in which it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const end = await loopEnd({ signal: controller.signal }, () => controller.abort(reason));
    expect(end).toEqual({ error: reason, steps: 5 });
  });

  test('after all steps when the session is stopped, which is an error, or completed, which is none', async () => {
    await emit({ state: 'stopped', error: 'by hand' });
    const stopped = await loopEnd({ from: 'beginning' });
    expect(stopped).toEqual({ error: expect.any(SessionEndedError), steps: 10 });
    await emit({ state: 'completed' });
    expect(await loopEnd({})).toEqual({ error: undefined, steps: 10 });
  });

  test('when its session is deleted', async () => {
    const { error } = await loopEnd({}, () => removeSession(server.redis, store.layout));
    expect(error).toBeInstanceOf(SessionLostError);
  });
});

test.each(['1m', 'day'])(
  'a mirror with keepDays 1 keeps every day until its steps are delivered (steps of %s)',
  async (every) => {
    const spec = { ...LOCKSTEP, end: '2013-10-11' };
    const market = holey(marketBars({ ...spec, seed: 5 }), 0.15, 4);
    const store = await server.finished(spec, market);
    for (const [consumer, keepDays] of [
      ['all', undefined],
      ['few', 1],
    ] as const) {
      let delivered = 0;
      for await (const { barCount } of server.follow(store, { consumer, every, keepDays })) delivered += barCount;
      expect(delivered).toBe(barsIn(market));
    }
    const [all, few] = await consumersOf(store).list();
    expect(few!.deliveredHash).toBe(all!.deliveredHash);
  },
);

test('a new consumer begins after the removed days, and one whose position is in them gets an error', async () => {
  const dates = { end: '2013-10-10' };
  const store = await server.finished({ ...LOCKSTEP, ...dates }, marketBars({ ...SPEC, ...dates, seed: 3 }));
  const { layout } = store;
  await breakAfterMinutes(store, 'early', 10); // its kept position is in a day that is removed next
  await removeDays(layout, 2);
  const { open } = layout.grid(2);
  for (const options of [{ lockstep: false }, { consumer: 'new' }, { consumer: 'early', from: 'beginning' }] as const) {
    const step = await server.firstStep(store, { keepDays: 1, ...options });
    expect([step!.time, step!.bars.size]).toEqual([open + MINUTE, SPEC.symbols.length]);
  }
  await server.firstStep(store, { consumer: 'back' });
  await setPosition(layout, 'back', layout.grid(0).openTime(5));
  await expect(server.firstStep(store, { consumer: 'back' })).rejects.toThrow(DaysRemovedError);
});

test('a step keeps its bars when a change of their day is read after the day was removed', async () => {
  const market = holey(marketBars({ ...SPEC, seed: 3 }), 0.15, 4);
  const store = await server.begin(server.layout(SPEC));
  await runTo(store, market, store.layout.end);
  await fillDay(store, 0, 'AAA', marketBars({ ...SPEC, seed: 3 }).get('AAA')!);
  const { changes } = store.layout.keysOf(0);
  /** The entry that reports the fill. */
  const [newest] = await server.redis.xrevrange(changes, '+', '-', 'COUNT', 1);
  let barsOfDay = 0;
  // Follows the first day. In its tenth step the day is removed from the store.
  for await (const { barCount, time, isDayClose, mirror } of server.follow(store)) {
    barsOfDay += barCount;
    if (isDayClose) break;
    if (time !== store.layout.grid(0).closeTime(9)) continue;
    // Both days are loaded. The session removes the first one, and then the mirror reads the change of this day once more.
    await removeDays(store.layout, 1);
    const { rewrites } = mirror['holdings'];
    await server.redis.xadd(changes, '*', ...newest![1]);
    while (mirror['holdings'].rewrites === rewrites) await delay(5);
  }
  const ofFirstDay = (symbol: string) => closedIn(market.get(symbol)!, 0, store.layout.grid(0).close).length;
  // AAA was filled, so it has a bar in every slot of the day.
  expect(barsOfDay).toBe(SLOTS_OF_DAY + ofFirstDay('BBB') + ofFirstDay('CCC'));
});

test('a step shows the days that the session retains at the time of the step, even if the store still has more', async () => {
  const spec = { ...SPEC, end: '2013-10-11', history: { retainDays: 2 } };
  const market = marketBars({ ...spec, seed: 5 });
  const store = await server.finished(spec, market); // no day was removed yet
  for await (const { time, mirror } of server.follow(store, { every: '30m' })) {
    const { layout } = store;
    // The session retains the day of the step and the two days before it.
    const firstShown = layout.grid(Math.max(0, layout.dayIndexAt(time - 1) - 2)).open;
    expect(mirror.barCount('AAA')).toBe(closedIn(market.get('AAA')!, firstShown, time).length);
  }
});

/** Follows as a consumer until it has finished the steps of the first `minutes` minutes. */
async function breakAfterMinutes(store: TestStore, consumer: string, minutes: number): Promise<void> {
  const end = store.layout.start + minutes * MINUTE;
  for await (const { time } of server.follow(store, { consumer })) if (time > end) return;
}

/** Removes the first days of a session, as retention does. */
async function removeDays(layout: SessionLayout, days: number): Promise<void> {
  await server.redis.hset(layout.keysOf(0).meta, 'retainedFrom', layout.grid(days).open);
  const dates = layout.days.slice(0, days).map(({ date }) => date);
  const chunks = (await server.keys(layout.id)).filter((key) => dates.some((date) => key.includes(date)));
  expect(chunks.length).toBeGreaterThan(0);
  await server.redis.unlink(...chunks);
}

test('an aborted loop ends soon although Redis is away', async () => {
  const store = await server.finished(LOCKSTEP);
  const gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  const redis = new Redis(gate.url);
  redis.on('error', () => undefined);
  const controller = new AbortController();
  const reason = new Error('enough');
  try {
    const loop = followSession(redis, store.reader, { consumer: 'one', signal: controller.signal });
    await loop.next();
    await gate.shut();
    controller.abort(reason);
    await expect(loop.next()).rejects.toBe(reason);
  } finally {
    redis.disconnect();
  }
}, 8_000); // ioredis tries for ten seconds to send that the consumer leaves

/** Changes the position in a consumer's stored record: it is the third word. */
async function setPosition(layout: SessionLayout, name: string, time: number): Promise<void> {
  const key = layout.keysOf(0).consumers;
  const record = (await server.redis.hget(key, name))!.split(' ');
  await server.redis.hset(key, name, record.with(2, String(time)).join(' '));
}

test('a connection that is cut again and again neither ends a loop nor changes the delivered bars', async () => {
  const store = await server.finished(LOCKSTEP);
  await server.allSteps(store, { consumer: 'steady' });
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
  const [cut, steady] = await consumersOf(store).list();
  expect(cut).toMatchObject({ deliveredHash: steady!.deliveredHash, steps: 2 * SLOTS_OF_DAY, state: 'left' });
});
