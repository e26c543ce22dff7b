/**
 * A server goes away during a call that changes a session. The answer is true: it names that server, or says that the change takes effect
 * later. The change takes effect (I13) as soon as the server is back, without a round of the reconciler.
 * docs/ARCHITECTURE.md lists the invariants, such as I13.
 */
import { Redis } from 'ioredis';
import { marketBars, writeBars } from '../support/data/market.js';
import { Api, type Session } from '../support/system/api.js';
import { TestSystem } from '../support/system/system.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

const DATES = { start: '2013-10-01', end: '2013-10-03' };
const SYMBOLS = ['AAA', 'BBB'];
const SPEC = {
  ...DATES,
  symbols: SYMBOLS,
  source: { type: 'dataset', dataset: 'stream' },
  pace: { mode: 'clock', speed: 60 }, // hours until the end
};

let system: TestSystem;
let api: Api;
/** Between the coordinator and each server. */
let storeGate: TcpGate;
let databaseGate: TcpGate;
let store: Redis;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
  storeGate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  databaseGate = await tcpGate(system.databaseUrl, 5432);
  store = new Redis(process.env['SESSION_REDIS_URL']!);
  const { url } = await system.coordinator({
    BARKEEP_RECONCILE_SECONDS: '3600',
    SESSION_REDIS_URL: storeGate.url,
    DATABASE_URL: databaseGate.url,
  });
  api = new Api(url);
});

afterAll(async () => {
  await system?.close();
  await Promise.all([storeGate?.shut(), databaseGate?.shut()]);
  store?.disconnect();
});

const start = (id: string) => api.call<Session>('POST', `/v1/sessions/${id}/start`);
const keysOf = (id: string) => store.keys(`${system.sessionPrefix}:{${id}:*`);

test('I13 a start during which PostgreSQL goes away names PostgreSQL, and the session runs when it is back', async () => {
  await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'no-database' });
  storeGate.freeze(); // so that the call waits between the change of the row and the check that it is the newest
  const starting = start('no-database');
  const stateInRow = async () => {
    const [row] = await system.query<{ state: string }>(`SELECT state FROM sessions WHERE id = 'no-database'`);
    return row!.state;
  };
  await api.eventually(stateInRow, (state) => state === 'running');
  await databaseGate.shut();
  storeGate.thaw();
  try {
    expect(await starting).toMatchObject({
      status: 202,
      body: { state: 'running', waitingFor: { kind: 'server', what: ['PostgreSQL'] } },
    });
  } finally {
    await databaseGate.open();
  }
  await api.eventually(
    () => api.call<Session>('GET', '/v1/sessions/no-database'),
    ({ body }) => body.clock !== null,
  );
  await api.ok('DELETE', '/v1/sessions/no-database');
});

test('I9 I13 a symbol whose removal was answered 202, because the session Redis was away, is removed when it is back', async () => {
  const path = await api.run({ ...SPEC, id: 'fewer' }).then((id) => `/v1/sessions/${id}`);
  await api.until('fewer', ({ clock }) => clock !== null);
  await storeGate.shut();
  try {
    expect((await api.call('DELETE', `${path}/symbols/BBB`)).status).toBe(202);
    expect((await api.ok<Session>('GET', path)).symbols).toEqual(['AAA']);
    // As after any other removal.
    expect((await api.call('DELETE', `${path}/symbols/BBB`)).status).toBe(404);
  } finally {
    await storeGate.open();
  }
  const keysOfSymbol = async () => (await keysOf('fewer')).filter((key) => key.includes(':BBB:'));
  await api.eventually(keysOfSymbol, (keys) => keys.length === 0);
  await api.ok('DELETE', path);
  expect(await keysOf('fewer')).toEqual([]);
});
