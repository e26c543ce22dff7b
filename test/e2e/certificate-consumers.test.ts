/**
 * The certificate of a session records what was delivered to its consumers, and `barkeep compare` compares two runs by it.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { connect, type Barkeep, type Certificate, type ClientSession } from '@barkeep/client';
import { Redis } from 'ioredis';
import { Api } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2024-03-04', end: '2024-03-05' };
const SPEC = {
  ...DATES,
  symbols: ['AAA', 'BBB'],
  derivedIntervals: ['5m'],
  source: { type: 'dataset', dataset: 'whole' },
  pace: { mode: 'lockstep', window: 60 },
} as const;
/** The close of the second day. */
const END = '2024-03-05T21:00:00.000Z';
/** Minutes of both days. */
const MINUTES = 2 * 390;
/** A certificate as PostgreSQL has it. */
type SavedCertificate = Certificate & { awaitsConsumers: boolean };

let system: TestSystem;
let barkeep: Barkeep;
beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'whole', marketBars({ ...DATES, symbols: [...SPEC.symbols], seed: 11 }));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  barkeep = connect({ coordinator: coordinator.url, keyPrefix: system.sessionPrefix });
});
afterAll(async () => {
  await barkeep?.close();
  await system?.close();
});

/** Runs a session that one consumer follows to its end. @param every length of the consumer's steps */
async function runFollowed(id: string, every: string): Promise<ClientSession> {
  const session = await barkeep.createSession({ ...SPEC, id }, { start: true });
  for await (const step of session.follow({ consumer: 'sma', every })) expect(step.bars.size).toBe(2);
  await session.completed();
  return session;
}

/** What `barkeep compare` prints for two sessions. */
async function compared(a: string, b: string): Promise<unknown> {
  const output = await system.barkeep('compare', a, b, '--json', '--coordinator', barkeep.coordinatorUrl);
  return JSON.parse(output);
}

test('I1 two runs deliver the same, and a run with steps of another length delivers something else', async () => {
  const one = await (await runFollowed('one', '1m')).certificate();
  const two = await (await runFollowed('two', '1m')).certificate();
  const coarse = await (await runFollowed('coarse', '5m')).certificate();
  expect(one.consumers).toMatchObject([{ name: 'sma', steps: MINUTES, bars: 2 * MINUTES, time: END }]);
  expect(two.consumers).toEqual(one.consumers);
  expect(coarse.consumers).toMatchObject([{ steps: MINUTES / 5, bars: 2 * MINUTES, time: END }]);
  expect(await compared('one', 'two')).toMatchObject({ equal: true, consumers: [{ name: 'sma', equal: true }] });
  // The data is the same: a difference in what was delivered is printed, but the sessions are equal.
  expect(await compared('one', 'coarse')).toMatchObject({ equal: true, consumers: [{ name: 'sma', equal: false }] });
});

test('the saved certificate includes a consumer that reached the end later than the session', async () => {
  const session = await barkeep.createSession({ ...SPEC, id: 'slow' }, { start: true });
  const steps = session.follow({ consumer: 'slow', every: '1m' });
  // The clock may be 60 minutes ahead of the consumer. So the session completes although 20 steps are not read yet.
  for (let step = 0; step < MINUTES - 20; step++) await steps.next();
  await session.completed();

  const api = new Api(barkeep.coordinatorUrl);
  const certificate = () => api.ok<Certificate>('GET', '/v1/sessions/slow/certificate');
  await api.eventually(certificate, ({ complete }) => complete);
  const readSaved = async () => {
    const sql = `SELECT certificate FROM sessions WHERE id = 'slow'`;
    const [row] = await system.query<{ certificate: SavedCertificate | null }>(sql);
    return row!.certificate;
  };
  const savedFirst = await api.eventually(readSaved, (saved) => saved !== null);
  expect(savedFirst!.awaitsConsumers).toBe(true);

  while (!(await steps.next()).done);
  await api.eventually(readSaved, (saved) => saved?.awaitsConsumers === false);
  const shown = await certificate();
  expect(shown.consumers).toMatchObject([{ name: 'slow', steps: MINUTES, time: END }]);

  // Without the session's store, the saved certificate is shown. The API calls it `kept`.
  const redis = new Redis(process.env['SESSION_REDIS_URL']!);
  await redis.del(await redis.keys(`${system.sessionPrefix}:{slow:*`));
  redis.disconnect();
  expect(await certificate()).toEqual({ ...shown, from: 'kept' });
});
