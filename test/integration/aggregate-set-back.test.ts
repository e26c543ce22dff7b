/**
 * The session store is set back (loses its newest writes) while a worker derives bars, or between two of its jobs.
 * I1, I5, I11: invariants at the end of docs/ARCHITECTURE.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpkeepStore } from '@barkeep/session-data';
import { Aggregator } from '../../apps/upkeep-worker/src/aggregator.js';
import { UpkeepSessions, type WorkParts } from '../../apps/upkeep-worker/src/upkeep-sessions.js';
import { RedisServer } from '../faults/lab/redis-server.js';
import { fillOfAaa, gapMarket, storeWithGap, writeFills } from '../support/sessions/gap-store.js';
import {
  FIRST_DAY,
  flushUpTo,
  PARTITION,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const server = new StoreServer();
/** The slots that {@link storeWithGap} leaves empty. The first window of the day has them all. */
const GAP_SLOTS = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19];
afterEach(() => jest.restoreAllMocks());
afterAll(() => server.close());

/** A worker with one job at a time. */
class AggregateWorker {
  /** The names of the jobs that it has added. */
  readonly added: string[] = [];
  readonly aggregator: Aggregator;

  constructor({ redis, prefix }: StoreServer = server) {
    this.aggregator = new Aggregator({
      sessions: new UpkeepSessions(redis, prefix),
      producer: { add: (name: string) => Promise.resolve(this.added.push(name)) },
      tracing: { span: (_name: string, _attributes: object, work: () => Promise<void>) => work() },
    } as unknown as WorkParts);
  }

  run({ layout: { id: sessionId, incarnation } }: TestStore): Promise<void> {
    return this.aggregator.run({ sessionId, incarnation, partition: PARTITION, mayDetect: true });
  }
}

const watermark = async ({ upkeep }: TestStore) => (await upkeep.positions())[PARTITION]!.watermark;

test('I1 I11 the watermark stays before slots whose fill was lost after a worker had read it', async () => {
  const store = await storeWithGap(server);
  const { layout } = store;
  const setBack = await server.snapshot(layout.id);
  await writeFills(store, await fillOfAaa(store, GAP_SLOTS));
  const worker = new AggregateWorker();
  // The worker calls writeDerived after it has read the slots, and before it moves the watermark.
  const writeDerived = jest.spyOn(UpkeepStore.prototype, 'writeDerived');
  writeDerived.mockImplementationOnce(async () => {
    await setBack();
    worker.aggregator.onStoreReturned();
    return new Set();
  });
  await worker.run(store);
  expect(await watermark(store)).toBe(layout.start);
  expect(worker.added).toEqual(['detect-gaps']);
  // The gap is empty again, and it is in the first window of the day, so the watermark must not move at all.
  await worker.run(store);
  expect(await watermark(store)).toBe(layout.start);
  await writeFills(store, await fillOfAaa(store, GAP_SLOTS));
  await worker.run(store);
  expect(await watermark(store)).toBe(layout.grid(FIRST_DAY).close);
});

test('I1 I11 the watermark stays before slots that are missing in a replica that replaces the session Redis during the move', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aggregate-set-back-'));
  const [first, replica] = await Promise.all(['a', 'b'].map((name) => RedisServer.start(join(folder, name))));
  const gate = await tcpGate(first!.url, 6379);
  const gated = new StoreServer(gate.url);
  try {
    const store = await storeWithGap(gated);
    await first!.config('repl-diskless-sync-delay', '0');
    // The replica copies the store and then stops following, so that it lacks the fills below.
    await replica!.control('REPLICAOF', '127.0.0.1', Number(new URL(first!.url).port));
    await first!.client.wait(1, 60_000);
    await replica!.control('REPLICAOF', 'NO', 'ONE');
    await writeFills(store, await fillOfAaa(store, GAP_SLOTS));
    const worker = new AggregateWorker(gated);
    // The connection is lost after the worker has read the slots. The call that moves the watermark then goes to the replica.
    jest.spyOn(UpkeepStore.prototype, 'writeDerived').mockImplementationOnce(async () => {
      gate.retarget(replica!.url);
      await gate.cut('closed');
      return new Set();
    });
    await worker.run(store);
    expect(await watermark(store)).toBe(store.layout.start);
    expect(worker.added).toEqual(['detect-gaps']);
    await writeFills(store, await fillOfAaa(store, GAP_SLOTS));
    await worker.run(store);
    expect(await watermark(store)).toBe(store.layout.grid(FIRST_DAY).close);
  } finally {
    gated.redis.disconnect();
    await Promise.all([gate.shut(), first!.close(), replica!.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
});

test('I11 the watermark moves when a proxy answers INFO itself, and when the server refuses INFO', async () => {
  const { prefix, redis } = server;
  const proxied = await storeWithGap(server);
  await writeFills(proxied, await fillOfAaa(proxied, GAP_SLOTS));
  jest.spyOn(redis, 'info').mockResolvedValue(`run_id:${'a'.repeat(40)}\r\n`);
  await new AggregateWorker().run(proxied);
  expect(await watermark(proxied)).toBe(proxied.layout.grid(FIRST_DAY).close);

  // A user who may run every command but INFO.
  await redis.acl('SETUSER', prefix, 'on', '>secret', '~*', '&*', '+@all', '-info');
  const url = Object.assign(new URL(process.env['SESSION_REDIS_URL']!), { username: prefix, password: 'secret' });
  const restricted = new StoreServer(url.href);
  const store = await storeWithGap(restricted);
  await writeFills(store, await fillOfAaa(store, GAP_SLOTS));
  await new AggregateWorker(restricted).run(store);
  expect(await watermark(store)).toBe(store.layout.grid(FIRST_DAY).close);
  await restricted.close();
  await redis.acl('DELUSER', prefix);
});

test('I5 I11 bars that a store has lost are derived again while an earlier day waits for its repository', async () => {
  const spec = { ...SMALL_SPEC, derivedIntervals: ['5m'], upkeep: { barrier: 'none' } };
  const store = await server.begin(server.layout(spec));
  const { layout, upkeep } = store;
  // The first day has a gap, so the watermark stays at its start.
  await flushUpTo(store, gapMarket, layout.end);
  const setBack = await server.snapshot(layout.id);
  const secondDay = FIRST_DAY + 1;
  /** Number of symbols with 5-minute bars of the second day. */
  const derived = async () =>
    (await upkeep.readChunks(PARTITION, secondDay, layout.intervalNamed('5m'), layout.symbols)).size;
  const worker = new AggregateWorker();
  await worker.run(store);
  expect(await derived()).toBe(layout.symbols.length);
  await setBack(); // the store has no derived bars again
  worker.aggregator.onStoreReturned();
  await worker.run(store);
  expect(await derived()).toBe(layout.symbols.length);
});
