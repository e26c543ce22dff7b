/**
 * Unusual answers of repositories, and what a session reports about them: times in other units, answers that are no bars,
 * errors without a message. Also a DataSource that is not connected, and volumes that overflow.
 * docs/ARCHITECTURE.md lists the invariants, such as I7.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api, type Session } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2024-03-04', end: '2024-03-04' };
const SOURCE = { type: 'dataset', dataset: 'holey' };
const SPEC = { ...DATES, symbols: ['AAA'], source: SOURCE, derivedIntervals: ['5m', '1d'] };
const market = marketBars({ ...DATES, symbols: ['AAA'], seed: 21 });
const bars = market.get('AAA')!;
/** Of the 390 bars of the day, the source lacks every 39th. */
const HOLES = 10;
const isHole = (minute: number) => minute % 39 === 5;
const STREAMED = 390 - HOLES;
const DAY_MS = 86_400_000;

/** A user's module of repositories. */
const MODULE = `
const { DataSource } = require(${JSON.stringify(require.resolve('typeorm'))});
const minutes = (start, end, unitsPerMs) => {
  const bars = [];
  for (let ms = start.getTime(); ms < end.getTime(); ms += 60000)
    bars.push({ time: Math.floor(ms * unitsPerMs), open: 10, high: 11, low: 9, close: 10, volume: 5 });
  return bars;
};
const inUnit = (unitsPerMs) => ({ getBarsBySymbol: async (symbol, start, end) => minutes(start, end, unitsPerMs) });
module.exports = {
  whole: new DataSource({ type: 'postgres', url: process.env.DATABASE_URL }),
  seconds: inUnit(1 / 1000),
  microseconds: inUnit(1000),
  nanoseconds: inUnit(1000000),
  nothing: { getBarsBySymbol: async () => [] },
  iterator: { async *getBars() { yield 1; } },
  hanging: { getBars: () => new Promise(() => undefined) },
  nameless: { getBars: async () => { throw new TypeError(); } },
  text: { getBars: () => { throw 'down\\0 for lunch'; } },
  rejecting: { getBars: () => Promise.reject() },
  resting: { getBars: async () => { throw Object.assign(new Error('429'), { retryAfterMs: 1e300 }); } },
};`;

let system: TestSystem;
let api: Api;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-answers-'));
  const modulePath = join(folder, 'repositories.cjs');
  await writeFile(modulePath, MODULE);
  system = await TestSystem.create({
    BARKEEP_REPOSITORIES: modulePath,
    BARKEEP_BACKOFF_MS: '50',
    BARKEEP_BACKFILL_ATTEMPTS: '1',
    BARKEEP_REPOSITORY_TIMEOUT_SECONDS: '1',
  });
  await writeBars(system.databaseUrl, 'whole', market);
  const holey = new Map([['AAA', bars.filter((_, i) => !isHole(i))]]);
  for (const dataset of ['holey', 'seconds']) await writeBars(system.databaseUrl, dataset, holey);
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});
afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a session to its end. @param spec what differs from {@link SPEC} */
async function completed(id: string, spec: object): Promise<Session> {
  await api.run({ ...SPEC, ...spec, id });
  return api.completed(id);
}

test('a gap that was requested once shows one attempt', async () => {
  await completed('once', { backfill: ['nothing'], upkeep: { retryMissingBars: false } });
  const gaps = await api.gaps('once', 'AAA');
  expect(gaps).toHaveLength(HOLES);
  for (const gap of gaps) expect(gap).toMatchObject({ attempts: 1, status: 'unfillable' });
});

test('a TypeORM DataSource that its owner did not connect is connected, and repairs', async () => {
  const { counts } = await completed('connected', { backfill: ['whole'] });
  expect(counts).toMatchObject({ streamed: STREAMED, backfilled: HOLES, missing: 0 });
});

test.each(['seconds', 'microseconds', 'nanoseconds'])(
  'I7 bars of a repository whose times are %s are refused with that reason, counted once each, and quarantined',
  async (unit) => {
    const reason = `time-in-${unit}`;
    // The bars are requested twice.
    const { counts } = await completed(unit, { backfill: [unit], upkeep: { maxRetries: 2 } });
    const [quarantined] = await system.query<{ bars: number }>(
      `SELECT count(*)::int AS bars FROM quarantined_bars q JOIN sessions s USING (incarnation)
       WHERE s.id = $1 AND q.dataset = $1 AND q.reason = $2`,
      [unit, reason],
    );
    const { bars: refused } = quarantined!;
    expect(refused).toBeGreaterThanOrEqual(HOLES);
    expect(counts.refused).toBe(refused);
    expect((await api.metrics(unit, 'AAA')).refused).toEqual({ [reason]: refused });
    const error = `${unit} answered ${refused} bars that were refused: ${reason} (${refused})`;
    for (const { lastError } of await api.gaps(unit, 'AAA')) expect(lastError).toBe(error);
  },
);

test('I7 refused bars of a repository that has the name of the source dataset are counted and quarantined', async () => {
  const source = { type: 'dataset', dataset: 'seconds' };
  const { counts } = await completed('same-name', { source, backfill: ['seconds'], upkeep: { maxRetries: 1 } });
  const [quarantined] = await system.query<{ bars: number }>(
    `SELECT count(*)::int AS bars FROM quarantined_bars q JOIN sessions s USING (incarnation) WHERE s.id = 'same-name'`,
  );
  expect(counts.refused).toBeGreaterThanOrEqual(HOLES);
  expect(quarantined!.bars).toBe(counts.refused);
});

test.each([
  ['iterator', 'expected repository iterator to answer an array of bars of AAA, was object'],
  ['hanging', 'The operation was aborted due to timeout'],
  ['nameless', 'TypeError'],
  ['text', 'down for lunch'], // without the null character that it throws, which PostgreSQL cannot store
  ['rejecting', 'expected the repository to throw an error, was undefined'],
])('I12 the gaps show the error of repository %s', async (repository, error) => {
  const id = `error-of-${repository}`;
  const upkeep = { onFailure: 'continue', maxRetries: 1 };
  const { counts } = await completed(id, { backfill: [repository], upkeep });
  expect(counts).toMatchObject({ streamed: STREAMED, unfillable: HOLES, refused: 0 });
  for (const { lastError } of await api.gaps(id, 'AAA')) expect(lastError).toBe(error);
});

test('I11 an error with an endless `retryAfterMs` delays the next attempt by a day at most', async () => {
  await api.run({ ...SPEC, id: 'resting', backfill: ['resting'] });
  const { waitingFor } = await api.until('resting', (session) => session.waitingFor?.kind === 'repository');
  expect(waitingFor).toMatchObject({ what: ['resting'], detail: 'waiting for repository resting: 429' });
  expect(Date.parse(waitingFor!.nextTryAt!)).toBeLessThanOrEqual(Date.now() + DAY_MS);
  await api.ok('POST', '/v1/sessions/resting/stop');
});

test('a sum of volumes that overflows is the largest number, in bars and in metrics', async () => {
  // Two of these volumes add up to more than the largest number.
  const large = bars.map((bar) => ({ ...bar, volume: 1.5e308 }));
  await writeBars(system.databaseUrl, 'large', new Map([['AAA', large]]));
  await completed('large', { source: { type: 'dataset', dataset: 'large' } });
  for (const interval of ['5m', '1d']) {
    for (const { volume } of await api.bars('large', 'AAA', `interval=${interval}&last=100`)) {
      expect(volume).toBe(Number.MAX_VALUE);
    }
  }
  const metrics = await api.metrics('large', 'AAA');
  expect(metrics).toMatchObject({ sessionVolume: Number.MAX_VALUE, runVolume: Number.MAX_VALUE });
});
