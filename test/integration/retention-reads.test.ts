/**
 * Reads of a session while days of it are removed: they show no removed day, and no day in part. The days are numbered 0 to 6 here;
 * days 0 to 2 are the history.
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
import { RETAINED_SPEC, retainedStore } from '../support/sessions/retained-store.js';
import { FENCE, SLOTS, StoreServer } from '../support/sessions/session-store.js';

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
  const store = await retainedStore(server, { clockAtEndOf: 4 }, CERTIFIED_TO_CLOCK);
  const { layout, reader } = store;
  duringNextMget(() => retireBefore(store.writer, 1));
  const certificate = await reader.certificate();
  expect(certificate).toEqual(await reader.certificate());
  expect(certificate.days[0]?.date).toBe(layout.day(1).date);
  duringNextMget(() => retireBefore(store.writer, 2));
  expect(await reader.digest()).toEqual(await reader.digest());
});

it('I11 a reader certifies the days that it had read, if the store is set back to before a removal during the read', async () => {
  const store = await retainedStore(server, { clockAtEndOf: 4 }, CERTIFIED_TO_CLOCK);
  const { layout, reader } = store;
  const setBack = await server.snapshot(layout.id);
  await retireBefore(store.writer, 2);
  duringNextMget(setBack);
  const { days, complete } = await reader.certificate();
  expect(days.map(({ date }) => date)).toEqual([2, 3, 4].map((day) => layout.day(day).date));
  expect(complete).toBe(false);
});

it('readers see nothing of removed days, also while the days are being removed', async () => {
  const store = await retainedStore(server, { clockAtEndOf: 4 });
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
  const { layout, reader, writer } = await retainedStore(server, { clockAtEndOf: 6 });
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

/** Reads of a session that depend on the days that it retains. */
const READS: [name: string, read: (session: OpenSession) => Promise<unknown>][] = [
  ['bars', (session) => session.barsBetween('AAA', '1m', -Infinity, Infinity)],
  ['metrics', (session) => session.metrics('AAA')],
  ['counts', (session) => session.dayCounts({})],
  ['digest', (session) => session.digest()],
  ['certificate', (session) => session.certificate()],
];

it.each(READS)('I8 the %s of a session are those before or those after a removal during the read', async (_, read) => {
  const { layout, upkeep, writer } = await retainedStore(server, { clockAtEndOf: 4 });
  await upkeep.moveWatermark(0, layout.start, layout.grid(4).close);
  const removeAllButOne = () => retireBefore(writer, 4);
  const undoRemoval = await server.snapshot(layout.id);
  const readOn = (connection: Redis) => read(new OpenSession(connection, layout));
  const before = await readOn(server.redis);
  await removeAllButOne();
  const after = await readOn(server.redis);
  expect(after).not.toEqual(before);
  // The days are removed before the first command of the read, then before the second one, and so on, until it has no more commands.
  let isRemoved = true;
  for (let at = 0; isRemoved; at++) {
    await undoRemoval();
    isRemoved = false;
    const connection = interruptedAt(at, async () => {
      isRemoved = true;
      await removeAllButOne();
    });
    expect([before, after]).toContainEqual(await readOn(connection));
  }
});

it('I8 a comparison leaves out days that are removed while it reads them, also when one is removed at every read', async () => {
  const spec = { ...RETAINED_SPEC, start: '2013-10-01', history: { retainDays: 3 } };
  const [store, other] = [
    await retainedStore(server, { clockAtEndOf: 6 }, spec),
    await retainedStore(server, { clockAtEndOf: 6 }, spec),
  ];
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
  const store = await retainedStore(server, { clockAtEndOf: 5 });
  expect(await countMissingBars(server.redis, store.layout)).toBe(0);
  // The removal happens before the second read: the first one has read the counters, the others count the bars.
  const removing = interruptedAt(1, () => retireBefore(store.writer, 4));
  expect(await countMissingBars(removing, store.layout)).toBe(0);
});
