/** Steps through sessions on a real Redis: the bars of each step, what ends a loop, and what a loop leaves behind. */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { aggregateCascade, type Bar, planCascade } from '@barkeep/bars';
import {
  DaysRemovedError,
  followSession,
  type FollowOptions,
  type KeptStart,
  NotLockstepError,
  SessionEndedError,
  type Step,
} from '@barkeep/client';
import { ConsumerReplacedError, removeSession, SessionConsumers, SessionLostError } from '@barkeep/session-data';
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
const LOCKSTEP = { ...SPEC, pace: { mode: 'lockstep', window: 30 } };
const market = holey(marketBars({ ...SPEC, seed: 3 }), 0.15, 4);
const SLOW_FOLLOWER = join(__dirname, '../support/programs/slow-follower.mjs');
const server = new StoreServer();
afterAll(() => server.close());

const follow = ({ reader }: TestStore, options?: FollowOptions) => followSession(server.redis, reader, options);

async function finished(spec: object = SPEC, bars = market): Promise<TestStore> {
  const store = await server.begin(server.layout(spec));
  await runTo(store, bars, store.layout.end);
  return store;
}

/** The bars of a symbol that closed in `(after, time]`. */
const closedIn = (bars: readonly Bar[], after: number, time: number) =>
  bars.filter(({ openTime }) => openTime + 60_000 > after && openTime + 60_000 <= time);

test('I2 every minute is a step, with its bars and a mirror that shows nothing after it', async () => {
  const store = await finished();
  const { layout } = store;
  const times: number[] = [];
  for await (const { time, bars, mirror, barCount, date, isDayClose, derivedBy } of follow(store)) {
    const expected = SPEC.symbols.flatMap((symbol) => {
      const [bar] = closedIn(market.get(symbol)!, time - 60_000, time);
      return bar ? [[symbol, bar] as const] : [];
    });
    expect([...bars].map(([symbol, { closeTime }]) => [symbol, closeTime])).toEqual(expected.map(([s]) => [s, time]));
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
  expect(times).toEqual(grids.flatMap((grid) => Array.from({ length: 390 }, (_, slot) => grid.closeTime(slot))));
});

const VENUES = [
  ['XNYS', '2013-11-27', '2013-11-29', 'an early close'],
  ['XHKG', '2024-02-08', '2024-02-14', 'a lunch break and a half day'],
  ['XTKS', '2024-01-04', '2024-01-05', 'a lunch break'],
] as const;
const EVERY = ['1m', '5m', '7m', '30m', '1h', '45m', 'day'];

test.each(VENUES)('steps of any length on %s, %s to %s: %s', async (calendar, start, end) => {
  const spec = { ...SPEC, calendar, start, end };
  const bars = holey(marketBars({ ...spec, seed: 9 }), 0.3, 2);
  const store = await finished(spec, bars);
  const { layout } = store;
  for (const every of EVERY) {
    const steps: Step[] = [];
    for await (const step of follow(store, { every })) steps.push(step);
    let after = layout.start;
    let at = 0;
    for (let day = 0; day < layout.days.length; day++) {
      for (const { open, close } of every === 'day' ? [layout.grid(day)] : layout.day(day).segments) {
        const stepMs = every === 'day' ? Infinity : layoutMs(every);
        for (let from = open; from < close; from += stepMs) {
          const time = Math.min(from + stepMs, close);
          const step = steps[at++]!;
          expect(step.time).toBe(time);
          for (const symbol of SPEC.symbols) {
            const inside = closedIn(bars.get(symbol)!, after, time);
            expect(step.barsOf(symbol).map(({ openTime }) => openTime)).toEqual(inside.map(({ openTime }) => openTime));
            expect(step.bars.get(symbol)).toEqual(
              inside.length === 0 ? undefined : expect.objectContaining(summary(inside)),
            );
          }
          for (const [interval, closed] of step.derived) {
            for (const [symbol, bar] of closed)
              expect(bar).toEqual(step.mirror.derivedBy && step.barsOf(symbol, interval).at(-1));
          }
          after = time;
        }
      }
    }
    expect(steps).toHaveLength(at);
  }
});

const layoutMs = (every: string) => Number.parseInt(every, 10) * (every.endsWith('h') ? 3_600_000 : 60_000);

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
  let seen = 0;
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
        if (bar) expect(step.mirror.latestBar(symbol, interval.name)).toEqual(bar);
        if (bar) seen++;
      }
    }
  }
  expect(seen).toBe(3 * (78 + 13));
});

test('waits for the clock, and continues where it was', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const seen: number[] = [];
  const loop = (async () => {
    for await (const { time } of follow(store, { every: '5m' })) seen.push(time);
  })();
  for (let time = layout.start; time < layout.end;) {
    time = Math.min(time + 37 * 60_000, layout.end);
    await runTo(store, market, time);
  }
  await loop;
  expect(seen).toHaveLength(2 * 78);
});

test('a consumer holds a clock in lockstep by its acknowledgements alone, whatever the length of its steps', async () => {
  for (const every of ['1m', '7m', '1h', 'day']) {
    const store = await server.begin(server.layout(LOCKSTEP));
    const consumers = new SessionConsumers(server.redis, store.layout);
    const { layout } = store;
    let steps = 0;
    let end = '';
    const loop = (async () => {
      for await (const step of follow(store, { consumer: 'one', every })) {
        steps++;
        end = step.date;
      }
    })();
    const slots = [0, 1].flatMap((day) => Array.from({ length: 390 }, (_, slot) => layout.grid(day).closeTime(slot)));
    for (let at = 0; at < slots.length;) {
      const { slowest } = await consumers.limit();
      if (slowest === undefined) break;
      const reached = slowest === 'waiting' ? -1 : slots.filter((time) => time <= slowest).length;
      const next = Math.min(reached + 30, slots.length);
      if (reached >= 0 && next > at) await runTo(store, market, slots[(at = next) - 1]!);
    }
    await loop;
    expect(end).toBe('2013-10-08');
    const [view] = await consumers.list();
    expect(view).toMatchObject({ state: 'left', time: layout.end, steps, bars: barsOfAll() });
  }
});

test('I13 a consumer restores a position that the store lost, however far the clock went back', async () => {
  const store = await server.begin(
    server.layout({ ...SPEC, pace: { mode: 'lockstep', window: 30, heartbeatSeconds: 5 } }),
  );
  const { layout } = store;
  const consumers = new SessionConsumers(server.redis, layout);
  const end = new AbortController();
  const at = (minutes: number) => layout.start + minutes * 60_000;
  const loop = (async () => {
    for await (const { time } of follow(store, { consumer: 'one', signal: end.signal }))
      expect(time).toBeGreaterThan(0);
  })();
  const heldAt = async (time: number) => {
    while ((await consumers.limit()).slowest !== time);
  };
  await heldAt(at(0));
  await runTo(store, market, at(30));
  await heldAt(at(30));
  const before = await Promise.all(
    (await server.keys(layout.id)).map(async (key) => [key, (await server.redis.dumpBuffer(key))!] as const),
  );
  for (const minutes of [60, 90]) {
    await runTo(store, market, at(minutes));
    await heldAt(at(minutes));
  }
  await server.redis.del(await server.keys(layout.id));
  for (const [key, value] of before) await server.redis.restore(key, 0, value);
  expect(await consumers.limit()).toMatchObject({ slowest: at(30) });
  await heldAt(at(90));
  end.abort(new Error('the test has seen enough'));
  await expect(loop).rejects.toThrow('enough');
  // It left, at a position that the clock of the store has not reached.
  expect(await consumers.list()).toMatchObject([{ state: 'left', time: at(90) }]);
});

const barsOfAll = () => [...market.values()].reduce((sum, bars) => sum + bars.length, 0);

test('a consumer that comes back continues at its kept position, with the hash of one that never left', async () => {
  const store = await finished(LOCKSTEP);
  const consumers = new SessionConsumers(server.redis, store.layout);
  const positions = async () => new Map((await consumers.list()).map((view) => [view.name, view]));
  for await (const step of follow(store, { consumer: 'steady', every: '5m' })) expect(step.time).toBeGreaterThan(0);
  let deliveries = 0;
  for (const stop of [1, 7, 30, 200]) {
    let left = stop;
    for await (const step of follow(store, { consumer: 'broken', every: '5m' })) {
      deliveries++;
      if (--left === 0) break;
      expect(step.time).toBeGreaterThan(0);
    }
  }
  const { steady, broken } = Object.fromEntries(await positions());
  expect(deliveries).toBeGreaterThan(2 * 78);
  expect(broken).toMatchObject({
    deliveredHash: steady!.deliveredHash,
    steps: 2 * 78,
    bars: steady!.bars,
    state: 'left',
  });
  expect(steady!.deliveredHash).toBe(plainHash(store, '5m'));
});

/** The delivered hash, computed as docs/client.md describes it, for a session with derived 5m and 30m bars. */
function plainHash({ layout }: TestStore, every: '5m'): string {
  let hash = Buffer.alloc(32);
  const f64 = (value: number) => Buffer.from(Float64Array.of(value).buffer);
  for (const day of [0, 1]) {
    const grid = layout.grid(day, layout.interval(every)!);
    for (let slot = 0; slot < grid.slotCount; slot++) {
      const [from, time] = [grid.openTime(slot), grid.closeTime(slot)];
      const sha = createHash('sha256').update(hash).update(f64(time));
      let names = '';
      for (const length of [1, 5, 30]) {
        if (length === 30 && (time - grid.open) % (30 * 60_000) !== 0) continue;
        names += `${length}m\n`;
        for (const symbol of SPEC.symbols) {
          for (let open = from; open < time; open += Math.min(length, 5) * 60_000) {
            const close = length === 30 ? time : open + length * 60_000;
            const start = close - length * 60_000;
            const bars = market.get(symbol)!.filter(({ openTime }) => openTime >= start && openTime < close);
            if (bars.length === 0) continue;
            const sum = summary(bars);
            const values = [sum.open, sum.high, sum.low, sum.close, sum.volume].map(f64);
            const meta = Buffer.from(Uint16Array.of(length === 1 ? 1 : 3, 0, bars.length, length).buffer);
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

test('I11 a consumer that comes back after the end is warned that it gets no further step', async () => {
  const store = await finished(LOCKSTEP);
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    const starts: KeptStart[] = [];
    const steps = async (options: FollowOptions) => {
      let count = 0;
      for await (const step of follow(store, { onKept: (kept) => starts.push(kept), ...options }))
        count += step ? 1 : 0;
      return count;
    };
    const all = await steps({ consumer: 'one' });
    expect(all).toBeGreaterThan(0);
    expect(warn).not.toHaveBeenCalled();
    expect(await steps({ consumer: 'one' })).toBe(0);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0]![0])).toBe(
      `consumer one has finished session ${store.layout.id} (${all} steps): ` +
        'it gets no further step; another name, or from: "beginning", starts again',
    );
    expect(await steps({ consumer: 'one', from: 'beginning' })).toBe(all);
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

test('beginnings: where it left off, from the beginning, at the clock', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const { layout } = store;
  const time = layout.grid(0).openTime(62);
  await runTo(store, market, time);
  const first = async (options: FollowOptions) => {
    for await (const step of follow(store, options)) return step;
    return undefined;
  };
  expect((await first({ consumer: 'new' }))!.time).toBe(layout.start + 60_000);
  expect((await first({ consumer: 'new', from: 'beginning' }))!.time).toBe(layout.start + 60_000);
  const late = first({ consumer: 'late', from: 'now', every: '5m' });
  const consumers = new SessionConsumers(server.redis, layout);
  while ((await consumers.list()).every(({ name }) => name !== 'late'));
  await runTo(store, market, layout.grid(0).openTime(70));
  const step = (await late)!;
  expect(step.time).toBe(layout.grid(0).openTime(65));
  expect(step.barsOf('AAA')).toHaveLength(closedIn(market.get('AAA')!, step.time - 300_000, step.time).length);
  expect(step.mirror.barCount('AAA')).toBe(closedIn(market.get('AAA')!, 0, step.time).length);
});

test('a backfilled bar shows in the mirror of a later step, and derived bars made here follow it', async () => {
  const store = await server.begin(server.layout({ ...SPEC, upkeep: { barrier: 'none' } }));
  const { layout } = store;
  const whole = marketBars({ ...SPEC, seed: 3 });
  await runTo(store, market, layout.grid(0).close);
  let before = 0;
  for await (const { mirror, time } of follow(store, { every: '30m' })) {
    if (time < layout.grid(0).close) continue;
    if (time === layout.grid(0).close) {
      before = mirror.barCount('AAA');
      const written = await fillDay(store, 0, 'AAA', whole.get('AAA')!);
      expect(before + written).toBe(390);
      await runTo(store, market, layout.grid(1).openTime(30));
      continue;
    }
    const bars = mirror.lastBars('AAA', 78 + 6, '5m');
    expect(
      mirror.barCount('AAA') -
        mirror.lastBars('AAA', 30, '1m').filter(({ openTime }) => openTime > layout.grid(0).close).length,
    ).toBe(390);
    expect(bars.slice(0, 78).every(({ complete }) => complete)).toBe(true);
    break;
  }
});

test('a consumer whose loop is slow is not dropped; one whose process stands still is, until it runs again', async () => {
  const store = await server.begin(
    server.layout({ ...SPEC, pace: { mode: 'lockstep', window: 30, heartbeatSeconds: 1 } }),
  );
  await runTo(store, market, store.layout.grid(0).closeTime(29));
  const { layout } = store;
  const consumers = new SessionConsumers(server.redis, layout);
  const viewOf = async (name: string) => (await consumers.list()).find((view) => view.name === name);
  const slow = follow(store, { consumer: 'slow' });
  await slow.next();
  // The consumer requests no further step and sends only heartbeats, for three times the allowed silence.
  const begun = (await viewOf('slow'))!.seenAt;
  while ((await viewOf('slow'))!.seenAt < begun + 3_000) await consumers.limit();
  expect(await viewOf('slow')).toMatchObject({ state: 'active', steps: 0 });
  expect((await consumers.limit()).slowest).toBe(layout.sessionStart);
  await slow.return();

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

test('what ends a loop before the session does', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const { layout } = store;
  const { events } = layout.keysOf(0);
  await runTo(store, market, layout.grid(0).openTime(10));
  const run = async (options: FollowOptions, at5: () => unknown = () => undefined) => {
    let steps = 0;
    try {
      for await (const step of follow(store, options))
        if (++steps === 5) await at5();
        else expect(step.time).toBeLessThanOrEqual(layout.grid(0).openTime(10));
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
  await expect(follow(await finished(), { lockstep: true }).next()).rejects.toThrow(NotLockstepError);
});

test.each(['1m', 'day'])('keepDays drops no day that is still to be shown, every %s', async (every) => {
  const spec = { ...LOCKSTEP, end: '2013-10-11' };
  const bars = holey(marketBars({ ...spec, seed: 5 }), 0.15, 4);
  const store = await finished(spec, bars);
  const total = [...bars.values()].reduce((sum, some) => sum + some.length, 0);
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
});

test('removed days are no empty steps: a new consumer begins after them, an old one gets an error', async () => {
  const store = await finished({ ...LOCKSTEP, end: '2013-10-10' }, marketBars({ ...SPEC, end: '2013-10-10', seed: 3 }));
  const { layout } = store;
  for await (const step of follow(store, { consumer: 'early' })) if (step.time > layout.start + 600_000) break;
  const { open } = layout.grid(2);
  await server.redis.hset(layout.keysOf(0).meta, 'retainedFrom', open);
  const chunks = (await server.keys(layout.id)).filter((key) => /2013-10-0[78]/.test(key));
  expect(chunks.length).toBeGreaterThan(0);
  await server.redis.unlink(...chunks);
  const first = async (options: FollowOptions) => {
    for await (const step of follow(store, options)) return step;
    return undefined;
  };
  for (const options of [{ lockstep: false }, { consumer: 'new' }, { consumer: 'early', from: 'beginning' }] as const) {
    const step = await first({ keepDays: 1, ...options });
    expect([step!.time, step!.bars.size]).toEqual([open + 60_000, 3]);
  }
  await first({ consumer: 'back' });
  const consumer = await server.redis.hget(layout.keysOf(0).consumers, 'back');
  const early = consumer!.replace(/^(\S+ \S+) \S+/, `$1 ${layout.grid(0).openTime(5)}`);
  await server.redis.hset(layout.keysOf(0).consumers, 'back', early);
  await expect(first({ consumer: 'back' })).rejects.toThrow(DaysRemovedError);
});

test('a connection that is cut again and again does not end a follower, nor change what it is given', async () => {
  const store = await finished(LOCKSTEP);
  for await (const step of follow(store, { consumer: 'steady' })) expect(step.time).toBeGreaterThan(0);
  const gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  const redis = new Redis(gate.url);
  redis.on('error', () => undefined);
  try {
    let steps = 0;
    for await (const { time } of followSession(redis, store.reader, { consumer: 'cut' })) {
      expect(time).toBeGreaterThan(0);
      if (++steps % 150 !== 10) continue;
      await gate.shut();
      await gate.open();
    }
  } finally {
    redis.disconnect();
    await gate.shut();
  }
  const [cut, steady] = await new SessionConsumers(server.redis, store.layout).list();
  expect(cut).toMatchObject({ deliveredHash: steady!.deliveredHash, steps: 780, state: 'left' });
});
