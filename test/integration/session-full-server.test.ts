/**
 * Writes to a session Redis without free memory. I1, I11: invariants at the end of docs/ARCHITECTURE.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noCounts } from '@barkeep/bars';
import { emitGapsFound, emitState, isRedisOutage, noteFailure, setControl } from '@barkeep/session-data';
import { retireBefore, SessionConsumers } from '@barkeep/session-data';
import { RedisServer } from '../faults/lab/redis-server.js';
import { fillOfAaa, gapMarket } from '../support/sessions/gap-store.js';
import { derivedOf, FIRST_DAY, flushUpTo, PARTITION, partsOf, SLOTS } from '../support/sessions/session-store.js';
import { SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const folder = mkdtempSync(join(tmpdir(), 'full-server-'));
let redisServer: RedisServer;
let server: StoreServer;

beforeAll(async () => {
  redisServer = await RedisServer.start(folder);
  server = new StoreServer(redisServer.url);
});

afterAll(async () => {
  server?.redis.disconnect();
  await redisServer?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Write = () => Promise<unknown>;

/** The writes, in the order in which a session makes them. What a worker writes is computed from what the writes before it stored. */
function writesOf(store: TestStore): [name: string, prepare: () => Promise<Write>][] {
  const { layout, windows, writer, upkeep } = store;
  const { close } = layout.grid(FIRST_DAY);
  const [window] = windows;
  const now = (write: Write) => () => Promise.resolve(write);
  return [
    ['create', now(() => writer.init())],
    ['flush', now(() => writer.flush(window!, partsOf(layout, window!, gapMarket)[PARTITION]!))],
    ['flush the rest', now(() => flushUpTo(store, gapMarket, layout.end))],
    [
      'emit gaps',
      async () => {
        const symbolDays = await upkeep.readDay(PARTITION, FIRST_DAY, layout.symbols);
        return () => emitGapsFound(upkeep, { partition: PARTITION, day: FIRST_DAY, closed: SLOTS }, symbolDays);
      },
    ],
    [
      'fill',
      async () => {
        const fill = await fillOfAaa(store, [10, 11, 12]);
        return () => upkeep.fill(PARTITION, FIRST_DAY, [fill]);
      },
    ],
    [
      'derive',
      async () => {
        const derived = await derivedOf(store, PARTITION, FIRST_DAY, SLOTS);
        return () => upkeep.writeDerived(PARTITION, FIRST_DAY, SLOTS, derived);
      },
    ],
    [
      'move the watermark',
      now(() => upkeep.moveWatermark(PARTITION, layout.start, close, { dayIndex: FIRST_DAY, counts: noCounts() })),
    ],
    ['move the clock', now(() => writer.moveClock(close, { limit: 'watermark' }))],
    ['record a failure', now(() => noteFailure(upkeep, { repository: 'r', error: 'e', nextTryAt: 1, failures: 1 }, 0))],
    ['emit a state', now(() => emitState(server.redis, layout, 'running'))],
    ['set the control', now(() => setControl(server.redis, layout, 1, 'pause'))],
    ['retire a day', now(() => retireBefore(writer, FIRST_DAY + 1))],
  ];
}

/** Runs an action while the server has no free memory. */
async function whileFull<T>(action: () => Promise<T>): Promise<T> {
  await redisServer.config('maxmemory', '1kb');
  try {
    return await action();
  } finally {
    await redisServer.config('maxmemory', '0');
  }
}

/** The error with which a call fails, or its answer. */
const failureOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);
/** A text that differs when the content of any key differs. */
const content = () => server.redis.call('DEBUG', 'DIGEST');

test('I1 I11 every write to a full server fails as an outage and changes nothing; repeated later, it is made once', async () => {
  const store = server.open(server.layout());
  for (const [name, prepare] of writesOf(store)) {
    const write = await prepare();
    const before = await content();
    const [failure, whenFull] = await whileFull(async () => [await failureOf(write()), await content()]);
    expect([name, isRedisOutage(failure), whenFull]).toEqual([name, true, before]);
    await write();
    const after = await content();
    await write();
    expect([name, after === before, await content()]).toEqual([name, false, after]);
  }
});

test.each([
  ['full', () => redisServer.config('maxmemory', '1kb'), () => redisServer.config('maxmemory', '0')],
  [
    'a replica',
    () => redisServer.control('REPLICAOF', '127.0.0.1', 1), // nothing listens there
    () => redisServer.control('REPLICAOF', 'NO', 'ONE'),
  ],
])('I1 I11 a flush of a whole day to a server that is %s before EXEC fails as an outage', async (_name, begin, end) => {
  const store = await server.begin(server.layout({ ...SMALL_SPEC, upkeep: { barrier: 'day' } }));
  const [day] = store.windows;
  const flush = () => store.writer.flush(day!, partsOf(store.layout, day!, gapMarket)[PARTITION]!);
  const before = await content();
  // The server accepts the commands of the transaction, and refuses their execution.
  const send = server.redis.sendCommand.bind(server.redis);
  const held = jest.spyOn(server.redis, 'sendCommand').mockImplementation(async (command, stream) => {
    if (command.name === 'exec') await begin();
    return send(command, stream);
  });
  const failure = await failureOf(flush());
  held.mockRestore();
  await end();
  expect([isRedisOutage(failure), await content()]).toEqual([true, before]);
  expect(await flush()).toBe('run');
});

test('I11 a full server can be read', async () => {
  const store = await server.begin();
  const { layout, reader, writer } = store;
  await flushUpTo(store, gapMarket, layout.grid(FIRST_DAY).close);
  await writer.moveClock(layout.grid(FIRST_DAY).openTime(20));
  const read = async () => [
    await reader.position('strategy'),
    await reader.dayCounts({}),
    await reader.metrics('AAA'),
    await reader.gaps('AAA'),
    await reader.lastBars('AAA', '5m', 10),
    await reader.digest(),
  ];
  const before = await read();
  expect(await whileFull(read)).toEqual(before);
});

test('a consumer that cannot join a full server joins it later', async () => {
  const store = await server.begin(server.layout({ ...SMALL_SPEC, pace: { mode: 'lockstep' } }));
  const consumers = new SessionConsumers(server.redis, store.layout);
  const failure = await whileFull(() => failureOf(consumers.join('one', 'beginning')));
  expect(isRedisOutage(failure)).toBe(true);
  expect(await consumers.list()).toEqual([]);
  await consumers.join('one', 'beginning');
  expect(await consumers.list()).toMatchObject([{ name: 'one', state: 'active' }]);
});
