/**
 * Flushes on connections that are not ready, that other commands share, or that break.
 * I1, I3: invariants at the end of docs/ARCHITECTURE.md.
 */
import { SessionWriter } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { holey, marketBars, mulberry32 } from '../support/data/market.js';
import { FENCE, partsOf, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
const market = holey(marketBars({ ...SMALL_SPEC, seed: 1 }), 0.1, 2);
const clients: Redis[] = [];
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.close();
});

const WHOLE_DAYS = { ...SMALL_SPEC, upkeep: { barrier: 'day' } };

/** Opens a separate connection, which the test may cut. */
function connect(): Redis {
  const client = new Redis(process.env['SESSION_REDIS_URL']!, { retryStrategy: () => 5 });
  clients.push(client);
  client.on('error', () => undefined);
  return client;
}

const dumpOf = ({ layout }: TestStore) => server.dump(layout.id);

/** Makes an empty store of whole days. @returns its content as `before`, and `flushOn`, which flushes its first day on a connection */
async function storeToFlush() {
  const store = await server.begin(server.layout(WHOLE_DAYS));
  const [firstDay] = store.windows;
  const [part] = partsOf(store.layout, firstDay!, market);
  const flushOn = (client: Redis) => new SessionWriter(client, store.layout, FENCE).flush(firstDay!, part!);
  return { store, flushOn, before: await dumpOf(store) };
}

/**
 * Checks that the chunks of all symbols are stored, and that no staged chunk is left. (A flush first writes staged chunks, then
 * renames them.)
 */
function expectFlushed(dump: Map<string, string>): void {
  const keys = [...dump.keys()];
  expect(keys.filter((key) => key.includes(':chunk:'))).toHaveLength(SMALL_SPEC.symbols.length);
  expect(keys.filter((key) => key.includes(':staged:'))).toEqual([]);
}

test('a flush on a connection that is not ready yet is still one transaction', async () => {
  const { store, flushOn } = await storeToFlush();
  const client = connect();
  await once(client, 'connect');
  // Connected, but not ready: the client first reads the server's INFO.
  expect(client.status).toBe('connect');
  expect(await flushOn(client)).toBe('run'); // the answer of a flush is the control of the session
  expectFlushed(await dumpOf(store));
});

test('other commands on the same connection are not part of a flush', async () => {
  const { store, flushOn } = await storeToFlush();
  const client = connect();
  const key = `${server.prefix}:{${store.layout.id}:other}`;
  const [control, set, value] = await Promise.all([
    flushOn(client),
    client.set(key, 'here', 'EX', 60),
    client.get(key),
  ]);
  expect([control, set, value]).toEqual(['run', 'OK', 'here']);
});

test('I1 I3 a flush whose connection breaks is stored as a whole or not at all, and may be sent again', async () => {
  const random = mulberry32(5);
  for (let i = 0; i < 20; i++) {
    const { store, flushOn, before } = await storeToFlush();
    const client = connect();
    await client.ping();
    const flushed = flushOn(client).catch((error: unknown) => error);
    // Cuts the connection at a random moment of the flush.
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await turn();
    client.disconnect(true); // true: connects again
    const outcome = await flushed;
    const afterCut = await dumpOf(store);
    const isStored = afterCut.size > before.size;
    if (!isStored) expect(afterCut).toEqual(before);
    // A flush that answered is stored. A flush that failed may be stored or not: the answer may have been lost.
    if (outcome === 'run') expect(isStored).toBe(true);
    else expect(outcome).toBeInstanceOf(Error);

    expect(await flushOn(client)).toBe('run');
    const afterResend = await dumpOf(store);
    if (isStored) expect(afterResend).toEqual(afterCut);
    expectFlushed(afterResend);
    client.disconnect();
  }
});
