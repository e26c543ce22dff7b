/**
 * Reads of a session while days of it are removed: they show no removed day, and no day in part.
 * I8, I11: invariants at the end of docs/ARCHITECTURE.md.
 */
import {
  countMissingBars,
  OpenSession,
  openSession,
  readDifference,
  retireBefore,
  SessionWriter,
  UnknownDateError,
} from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { failingAfter } from '../support/sessions/faulty-connections.js';
import { RETAINED_SPEC, retainedStoreAt } from '../support/sessions/retained-store.js';
import { FENCE, SLOTS, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
afterEach(() => jest.restoreAllMocks());
afterAll(() => server.close());

/** Runs `action` between the reply to the next MGET and its return to the reader. */
function duringNextMget(action: () => Promise<void>): void {
  const mget = server.redis.mgetBuffer.bind(server.redis);
  jest.spyOn(server.redis, 'mgetBuffer').mockImplementationOnce(async (...keys: unknown[]) => {
    const values = await mget(...(keys as string[]));
    await action();
    return values;
  });
}

/** Without upkeep a session has no watermark to wait for: its days are certified up to the clock. */
const CERTIFIED_TO_CLOCK = { ...RETAINED_SPEC, upkeep: { enabled: false } };

it('a reader certifies no day that is removed while it is read', async () => {
  const store = await retainedStoreAt(server, 4, CERTIFIED_TO_CLOCK);
  const { layout, reader } = store;
  duringNextMget(() => retireBefore(store.writer, 1));
  const certificate = await reader.certificate();
  expect(certificate).toEqual(await reader.certificate());
  expect(certificate.days[0]?.date).toBe(layout.day(1).date);
  duringNextMget(() => retireBefore(store.writer, 2));
  expect(await reader.digest()).toEqual(await reader.digest());
});

it('I11 a reader certifies the days that it had read, if the store is set back to before a removal during the read', async () => {
  const store = await retainedStoreAt(server, 4, CERTIFIED_TO_CLOCK);
  const { layout, reader } = store;
  const setBack = await server.snapshot(layout.id);
  await retireBefore(store.writer, 2);
  duringNextMget(setBack);
  const { days, complete } = await reader.certificate();
  expect(days.map(({ date }) => date)).toEqual([2, 3, 4].map((day) => layout.day(day).date));
  expect(complete).toBe(false);
});

it('readers see nothing of removed days, also while the days are being removed', async () => {
  const store = await retainedStoreAt(server, 4);
  const { layout, reader } = store;
  const all = await reader.lastBars('AAA', '1m', 10_000);
  // The removal fails after its first script, which sets `retainedFrom`. So no key is removed yet.
  const dying = new SessionWriter(failingAfter(server.redis, 1), layout, FENCE);
  await expect(retireBefore(dying, 2)).rejects.toThrow('cut short');
  expect((await server.keys(layout.id)).filter((key) => key.endsWith(layout.day(0).date)).length).toBeGreaterThan(0);
  const kept = all.filter(({ openTime }) => openTime >= layout.grid(2).open);
  expect(kept.length).toBeLessThan(all.length);
  const openedLater = await openSession(server.redis, server.prefix, layout.id);
  for (const session of [reader, openedLater]) {
    expect(await session.lastBars('AAA', '1m', 10_000)).toEqual(kept);
    expect(await session.barsBetween('AAA', '1m', 0, layout.end)).toEqual(kept);
    expect(await session.barCount('AAA', '1m')).toBe(kept.length);
  }
  const { digest } = await reader.digest();
  await retireBefore(store.writer, 2);
  expect((await reader.digest()).digest).toBe(digest);
});

it('a reader refuses the metrics of a removed day, because they would show its quality as 100 %', async () => {
  const { layout, reader, writer } = await retainedStoreAt(server, 6);
  await retireBefore(writer, 4);
  const metricsOn = (day: number) => reader.metrics('AAA', 'strategy', layout.day(day).date);
  await expect(metricsOn(3)).rejects.toThrow(UnknownDateError);
  expect(await metricsOn(4)).toMatchObject({ expected: SLOTS });
});

/** A connection that runs `action` before its read number `at`; read 0 is the first. Each MGET and each command in a pipeline is a read. */
function interruptedAt(at: number, action: () => Promise<void>): Redis {
  const { redis } = server;
  let reads = 0;
  const counted = async <T>(read: () => Promise<T>): Promise<T> => {
    if (reads++ === at) await action();
    return read();
  };
  /** Sends the commands of a pipeline one by one. */
  async function exec(commands: string[][]): Promise<[null, unknown][]> {
    const replies: [null, unknown][] = [];
    for (const command of commands) {
      const reply = await counted(async () => (await redis.pipeline([command]).exec())![0]![1]);
      replies.push([null, reply]);
    }
    return replies;
  }
  return new Proxy(redis, {
    get(target, name) {
      if (name === 'mgetBuffer') return (...keys: string[]) => counted(() => target.mgetBuffer(...keys));
      if (name === 'pipeline') return (commands: string[][]) => ({ exec: () => exec(commands) });
      return Reflect.get(target, name) as unknown;
    },
  });
}

describe('I8 a read during which days are removed', () => {
  let store: TestStore;
  beforeEach(async () => {
    store = await retainedStoreAt(server, 4);
    await store.upkeep.moveWatermark(0, store.layout.start, store.layout.grid(4).close);
  });
  /** A reader before whose read number `at` the history is removed: days 0 to 2. The days 2013-10-04 and 2013-10-07 are left. */
  const readerAt = (at: number) => {
    const removeHistory = () => retireBefore(store.writer, 3);
    return new OpenSession(interruptedAt(at, removeHistory), store.layout);
  };

  // Each of the calls below makes nine reads or more, so that the removal happens between some of them.
  it.each([2, 4, 6])('shows no day in part: at read %i', async (at) => {
    const bars = await readerAt(at).barsBetween('AAA', '1m', -Infinity, Infinity);
    const dates = [...new Set(bars.map(({ openTime }) => store.layout.day(store.layout.dayIndexAt(openTime)).date))];
    expect(dates).toEqual(['2013-10-04', '2013-10-07']);
  });

  it.each([4, 8])('counts only days that are still retained: at read %i', async (at) => {
    const metrics = await readerAt(at).metrics('AAA');
    expect(metrics).toEqual(await store.reader.metrics('AAA', 'strategy'));
    expect(metrics.expected).toBe(2 * SLOTS); // of the two remaining days
  });

  it.each([5, 8])('gives the digest of the remaining days: at read %i', async (at) => {
    expect(await readerAt(at).digest()).toEqual(await store.reader.digest('strategy'));
  });

  it.each([5, 8])('gives the certificate of the remaining days: at read %i', async (at) => {
    const certificate = await readerAt(at).certificate();
    expect(certificate.days.map(({ date }) => date)).toEqual(['2013-10-04', '2013-10-07']);
    expect(certificate).toEqual(await store.reader.certificate());
  });
});

it('I8 a comparison leaves out days that are removed while it reads them, also when one is removed at every read', async () => {
  const spec = { ...RETAINED_SPEC, start: '2013-10-01', history: { retainDays: 3 } };
  const [store, other] = [await retainedStoreAt(server, 6, spec), await retainedStoreAt(server, 6, spec)];
  const { redis } = server;
  const [reader, otherReader] = [new OpenSession(redis, store.layout), new OpenSession(redis, other.layout)];
  let firstKept = 0;
  /** Removes a day of `store` before each of its MGETs, until only the last day is left. */
  const removing = new Proxy(redis, {
    get(target, name) {
      if (name !== 'mgetBuffer') return Reflect.get(target, name) as unknown;
      return async (...keys: string[]) => {
        if (keys[0]!.includes(store.layout.id) && firstKept < 6) await retireBefore(store.writer, ++firstKept);
        return target.mgetBuffer(...keys);
      };
    },
  });
  const found = await readDifference(removing, reader, otherReader, new AbortController().signal);
  expect(found).toEqual({ first: null, symbols: 3, days: 1 });
});

it('I11 bars of a day that is removed during the count do not count as evicted', async () => {
  const store = await retainedStoreAt(server, 5);
  expect(await countMissingBars(server.redis, store.layout)).toBe(0);
  // The removal happens before the second read: the first one has read the counters, the others count the bars.
  const removing = interruptedAt(1, () => retireBefore(store.writer, 4));
  expect(await countMissingBars(removing, store.layout)).toBe(0);
});
