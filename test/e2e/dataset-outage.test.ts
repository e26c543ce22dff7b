/**
 * PostgreSQL does not serve the workers for a while. The session gives up none of its bars because of that, whatever
 * `upkeep.onFailure` says (I1, I11, I12). repository-failures.test.ts tests the failures of repositories themselves.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { Api } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

const DATES = { start: '2013-10-01', end: '2013-10-02' };
const SYMBOLS = ['AAA', 'BBB'];
const MARKET = marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 });
/** After this many failures in a row a repository that fails is given up. */
const ATTEMPTS = 2;
/** A repository without bars, which needs no PostgreSQL. */
const MODULE = 'exports.empty = { getBarsBySymbol: () => [] };';

let system: TestSystem;
let gate: TcpGate;
let redis: Redis;
let api: Api;
let digest: string;
let folder: string;

beforeAll(async () => {
  redis = new Redis(process.env['SESSION_REDIS_URL']!);
  folder = mkdtempSync(join(tmpdir(), 'barkeep-outage-'));
  const modulePath = join(folder, 'repositories.cjs');
  writeFileSync(modulePath, MODULE);
  system = await TestSystem.create({
    BARKEEP_REPOSITORIES: modulePath,
    BARKEEP_BACKOFF_MS: '50',
    BARKEEP_BACKFILL_ATTEMPTS: String(ATTEMPTS),
    BARKEEP_REPOSITORY_TIMEOUT_SECONDS: '1',
  });
  await writeBars(system.databaseUrl, 'whole', MARKET);
  await writeBars(system.databaseUrl, 'holey', holey(MARKET, 0.03, 9));
  gate = await tcpGate(system.databaseUrl, 5432);
  api = new Api((await system.coordinator()).url);
  // The undisturbed session, on a separate worker.
  const worker = await system.worker();
  const id = await api.run(specOf('undisturbed', 'wait'));
  await api.settled(id);
  digest = await api.digest(id);
  await worker.signal('SIGTERM');
});

afterAll(async () => {
  await system?.close();
  await gate?.shut();
  redis?.disconnect();
  if (folder) rmSync(folder, { recursive: true });
});

function specOf(id: string, onFailure: string, backfill = ['whole']): object {
  const source = { type: 'dataset', dataset: 'holey' };
  return { ...DATES, id, symbols: SYMBOLS, source, backfill, upkeep: { onFailure, everySeconds: 1 } };
}

/** Waits until a job has asked the dataset more often than a repository that fails is asked. */
async function askedInVain(id: string): Promise<void> {
  const key = `${system.sessionPrefix}:{${id}:0}:repositories`;
  const failuresOf = (text: string | null) => (text ? (JSON.parse(text) as { failures: number }).failures : 0);
  await api.eventually(
    () => redis.hget(key, 'whole'),
    (text) => failuresOf(text) > ATTEMPTS + 1,
  );
}

async function expectUndisturbed(id: string): Promise<void> {
  const { counts } = await api.settled(id);
  expect(counts).toMatchObject({ filled: counts.expected, unfillable: 0 });
  expect(await api.digest(id)).toBe(digest);
}

test.each(['wait', 'continue', 'fail'])(
  'I1 I11 no bar is given up while PostgreSQL is away, with onFailure %s',
  async (onFailure) => {
    const worker = await system.worker({ DATABASE_URL: gate.url });
    await gate.shut();
    const id = await api.run(specOf(`away-${onFailure}`, onFailure));
    await askedInVain(id);
    await gate.open();
    await expectUndisturbed(id);
    await worker.signal('SIGTERM');
  },
);

test('I11 I12 a session that also asks a repository of a module shows that its dataset is away, and gives no bar up', async () => {
  const worker = await system.worker({ DATABASE_URL: gate.url });
  await gate.shut();
  const id = await api.run(specOf('away-both', 'continue', ['empty', 'whole']));
  await askedInVain(id);
  await gate.open();
  const { counts } = await api.settled(id);
  expect(counts).toMatchObject({ filled: counts.expected, unfillable: 0 });
  await worker.signal('SIGTERM');
});

test('I11 a session with repositories of a module alone says that it waits for PostgreSQL, until it is back', async () => {
  const worker = await system.worker({ DATABASE_URL: gate.url });
  await gate.shut();
  const id = await api.run(specOf('away-module', 'continue', ['empty']));
  const { waitingFor } = await api.until(id, (session) => session.waitingFor?.kind === 'repository');
  expect(waitingFor).toMatchObject({
    what: ['PostgreSQL'],
    detail: expect.stringContaining('waiting for repository PostgreSQL: '),
  });
  await gate.open();
  const { counts } = await api.settled(id);
  expect(counts.unfillable).toBe(counts.expected - counts.streamed);
  expect(await redis.hlen(`${system.sessionPrefix}:{${id}:0}:repositories`)).toBe(0);
  await worker.signal('SIGTERM');
});

test.each(['continue', 'fail'])(
  'I1 I11 no bar is given up while the table of bars is locked, with onFailure %s',
  async (onFailure) => {
    const id = await api.run(specOf(`locked-${onFailure}`, onFailure));
    await api.until(id, ({ frontier }) => frontier?.startsWith(DATES.end) === true);
    const client = new Client({ connectionString: system.databaseUrl });
    await client.connect();
    await client.query('BEGIN; LOCK TABLE bars IN ACCESS EXCLUSIVE MODE');
    const worker = await system.worker();
    await askedInVain(id);
    await client.end(); // ends the transaction, too
    await expectUndisturbed(id);
    await worker.signal('SIGTERM');
  },
);
