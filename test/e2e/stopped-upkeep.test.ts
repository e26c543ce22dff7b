/** A session that was stopped, or has failed, asks no repository and detects no gaps any more; a call of upkeep still does. */
import { jobPrefix } from '@barkeep/service';
import { openQueues, producerConnection, type Queues, UpkeepProducer } from '@barkeep/upkeep-queues';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { marketBars, writeBars } from '../support/data/market.js';
import { Api } from '../support/system/api.js';
import { TestSystem } from '../support/system/system.js';

const WEEK = { start: '2013-10-07', end: '2013-10-11' };
/** The slot of each day that the source lacks. */
const HOLE = 100;
const SLOTS = 390;
/** `down` fails while the file `down` exists; it logs the date of each request. */
const MODULE = `
const { appendFileSync, existsSync } = require('node:fs');
exports.down = { getBarsBySymbol: async (symbol, start) => {
  appendFileSync(__dirname + '/dates.log', start.toISOString().slice(0, 10) + '\\n');
  if (existsSync(__dirname + '/down')) throw new Error('the vendor is down');
  return [];
} };`;

let system: TestSystem;
let folder: string;
let api: Api;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'barkeep-stopped-'));
  const modulePath = join(folder, 'repositories.cjs');
  writeFileSync(modulePath, MODULE);
  // With one attempt, the first failure fails a session. With one job at a time, the job of the first day comes before all other jobs.
  const limits = { BARKEEP_BACKFILL_ATTEMPTS: '1', BARKEEP_BACKFILL_CONCURRENCY: '1' };
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: modulePath, ...limits });
  const [bars] = marketBars({ symbols: ['AAA'], ...WEEK, seed: 7 }).values();
  await writeBars(system.databaseUrl, 'holey', new Map([['AAA', bars!.filter((_, slot) => slot % SLOTS !== HOLE)]]));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});

beforeEach(() => {
  writeFileSync(join(folder, 'down'), '');
  writeFileSync(join(folder, 'dates.log'), '');
});

afterAll(async () => {
  await system?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** The date of each request so far. */
const requestDates = () => readFileSync(join(folder, 'dates.log'), 'utf8').split('\n').filter(Boolean);

function run(id: string, upkeep: { onFailure: string; barrier: string }): Promise<string> {
  const source = { type: 'dataset', dataset: 'holey' };
  const spec = { id, symbols: ['AAA'], ...WEEK, source, backfill: ['down'] };
  return api.run({ ...spec, upkeep: { maxRetries: 1, ...upkeep } });
}

/** Passes the queues to `use`, and closes them. */
async function withQueues(use: (queues: Queues) => Promise<void>): Promise<void> {
  const redis = producerConnection(process.env['REDIS_URL']!);
  const queues = openQueues(redis, jobPrefix(system.queuePrefix));
  try {
    await use(queues);
  } finally {
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
    redis.disconnect();
  }
}

/** Waits until no backfill job waits, runs or will be retried. */
function untilNoJobs(): Promise<void> {
  const types = ['wait', 'prioritized', 'active', 'delayed'] as const;
  return withQueues(async ({ backfill }) => {
    await api.eventually(
      () => backfill.getJobCountByTypes(...types),
      (count) => count === 0,
    );
  });
}

test('a stopped session asks no repository any more until a call of upkeep or a start', async () => {
  await run('stopped', { onFailure: 'wait', barrier: 'day' });
  await api.until('stopped', ({ waitingFor }) => waitingFor?.kind === 'repository');
  await api.ok('POST', '/v1/sessions/stopped/stop');
  await untilNoJobs();
  expect((await api.session('stopped')).state).toBe('stopped');
  rmSync(join(folder, 'down'));
  writeFileSync(join(folder, 'dates.log'), '');
  await api.ok('POST', '/v1/sessions/stopped/upkeep', { from: WEEK.start, to: WEEK.start });
  await api.until('stopped', ({ counts }) => counts.unfillable === 1);
  expect(requestDates()).toEqual([WEEK.start]);
  await api.ok('POST', '/v1/sessions/stopped/start');
  expect((await api.settled('stopped')).counts).toMatchObject({ unfillable: 5, missing: 0 });
});

test('a failed session asks no repository any more until it is started again', async () => {
  await run('failed', { onFailure: 'fail', barrier: 'none' });
  await api.until('failed', ({ state }) => state === 'failed');
  await untilNoJobs();
  expect(new Set(requestDates()).size).toBe(1);
  rmSync(join(folder, 'down'));
  await api.ok('POST', '/v1/sessions/failed/start');
  expect((await api.settled('failed')).counts).toMatchObject({ unfillable: 5, missing: 0 });
});

test('a failed session that is scheduled once more is not scheduled any more after its next detection', async () => {
  await run('scheduled', { onFailure: 'fail', barrier: 'day' });
  await api.until('scheduled', ({ state }) => state === 'failed');
  await withQueues(async (queues) => {
    const producer = new UpkeepProducer(queues, { attempts: 1, backoffMs: 1 });
    const session = { sessionId: 'scheduled', incarnation: await system.incarnationOf('scheduled') };
    // As a reconciler does that read the session before it failed.
    await producer.schedule(session, 1_000);
    const scheduled = () => producer.scheduled();
    await api.eventually(scheduled, (incarnations) => !incarnations.includes(session.incarnation));
  });
});
