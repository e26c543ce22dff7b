/**
 * Repositories that are slow or limited. A backfill job starts requests for a time slice (half a second); when symbols are left, it goes
 * back to the queue. So here a job takes several slices. Every repository is asked about every symbol, none more often than needed, and
 * other sessions are not delayed. The worker runs one backfill job at a time.
 * docs/ARCHITECTURE.md lists the invariants, such as I11.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

/** More symbols than a job asks for in one time slice: 8 at the same time, each for longer than the slice. */
const SYMBOLS = Array.from({ length: 12 }, (_, index) => `S${index + 10}`);
const DAY = { start: '2013-10-07', end: '2013-10-07' };
const WEEK = { start: '2013-10-07', end: '2013-10-11' };
const SLOTS = 390;
/** The slots of each symbol that the source lacks; `whole` has the bar of the first one. */
const HOLES = [100, 200];
const WHOLE_HOLE = HOLES[0]!;
/** Fewer symbols, for a limited repository. */
const FEW = SYMBOLS.slice(0, 4);
/**
 * The repositories. Each logs its requests.
 * - `late` answers without bars after the slice, and `broken` fails after it.
 * - `whole` has the bar of one of the two holes.
 * - `fast` has no bars. Neither have `scarce` and `exhausted`, which are limited: to a request in 600 ms, and to one an hour.
 * - `growing` answers after the slice with the bars that `growing.json` had when the request came.
 * - `delisted` fails for the first symbol, and has no bars of the others.
 */
const MODULE = `
const { appendFileSync, readFileSync } = require('node:fs');
const { setTimeout: delay } = require('node:timers/promises');
const bars = JSON.parse(readFileSync(__dirname + '/bars.json', 'utf8'));
const SLOWER_THAN_SLICE_MS = 600;
/** A repository that logs each request when it has begun to answer it. */
const logged = (name, answer) => ({
  getBarsBySymbol: (symbol) => {
    const answering = answer(symbol);
    appendFileSync(__dirname + '/requests.log', name + ' ' + symbol + '\\n');
    return answering;
  },
});
const slowly = (answer) => delay(SLOWER_THAN_SLICE_MS, answer);
exports.late = logged('late', () => slowly([]));
exports.broken = logged('broken', async () => { await slowly(); throw new Error('the vendor is down'); });
exports.whole = logged('whole', async (symbol) => bars[symbol]);
exports.fast = logged('fast', async () => []);
exports.scarce = { repository: logged('scarce', async () => []), limit: { max: 1, durationMs: SLOWER_THAN_SLICE_MS } };
exports.exhausted = { repository: logged('exhausted', async () => []), limit: { max: 1, durationMs: 3_600_000 } };
exports.growing = logged('growing', (symbol) =>
  slowly(JSON.parse(readFileSync(__dirname + '/growing.json', 'utf8'))[symbol] ?? []));
exports.delisted = logged('delisted', async (symbol) => {
  if (symbol === '${SYMBOLS[0]}') throw new Error('unknown symbol');
  return [];
});`;

let system: TestSystem;
let folder: string;
let api: Api;
let wholeBars: Record<string, unknown[]>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'barkeep-slow-'));
  const market = marketBars({ symbols: SYMBOLS, ...DAY, seed: 7 });
  const modulePath = join(folder, 'repositories.cjs');
  writeFileSync(modulePath, MODULE);
  wholeBars = Object.fromEntries([...market].map(([symbol, bars]) => [symbol, [bars[WHOLE_HOLE]]]));
  writeFileSync(join(folder, 'bars.json'), JSON.stringify(wholeBars));
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: modulePath, BARKEEP_BACKFILL_CONCURRENCY: '1' });
  const holey = [...market].map(([symbol, bars]) => [symbol, bars.filter((_, slot) => !HOLES.includes(slot))] as const);
  for (const dataset of ['holey', 'declared']) await writeBars(system.databaseUrl, dataset, new Map(holey));
  await writeBars(system.databaseUrl, 'repaired', marketBars({ symbols: SYMBOLS, ...WEEK, seed: 7 }));
  await system.query(
    `INSERT INTO complete_days (dataset_id, symbol_id, date)
     SELECT d.id, s.id, $1::date FROM datasets d, symbols s WHERE d.name = 'declared'`,
    [DAY.start],
  );
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});

beforeEach(() => writeFileSync(join(folder, 'requests.log'), ''));

afterAll(async () => {
  await system?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** Starts a session. @param changes of its spec */
function run(id: string, backfill: string[], upkeep: object, changes: object = {}): Promise<string> {
  const source = { type: 'dataset', dataset: 'holey' };
  const spec = { id, symbols: SYMBOLS, ...DAY, source, backfill, upkeep: { barrier: 'day', maxRetries: 1, ...upkeep } };
  return api.run({ ...spec, ...changes });
}

/** Runs a session to its end, until every empty slot is settled. */
async function runSettled(id: string, backfill: string[], upkeep: object, changes?: object) {
  await run(id, backfill, upkeep, changes);
  await api.completed(id);
  return (await api.settled(id)).counts;
}

/** All requests in their order, each `REPOSITORY SYMBOL`. */
function requestLines(): string[] {
  return readFileSync(join(folder, 'requests.log'), 'utf8').trim().split('\n');
}

/** The number of requests by `REPOSITORY SYMBOL`. */
function requestCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of requestLines()) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

/** What a session counts when `whole` was asked about every symbol: one of the two holes is filled. */
const COUNTS = {
  filled: SYMBOLS.length * (SLOTS - 1),
  backfilled: SYMBOLS.length,
  unfillable: SYMBOLS.length,
  missing: 0,
  absent: 0,
};

test('a repository is asked after one that answers later than the slice', async () => {
  expect(await runSettled('late', ['late', 'whole'], {})).toMatchObject(COUNTS);
});

test('a repository is asked after one that fails later than the slice and is given up', async () => {
  const counts = await runSettled('broken', ['broken', 'whole'], { onFailure: 'continue' });
  expect(counts).toMatchObject(COUNTS);
});

test('I11 a forced request ends: it asks about each symbol once, however many slices it takes', async () => {
  await runSettled('forced', ['late'], {});
  const before = requestCounts();
  await api.ok('POST', '/v1/sessions/forced/upkeep', {});
  const asked = await api.eventually(requestCounts, (counts) =>
    SYMBOLS.every((symbol) => counts.get(`late ${symbol}`)! > before.get(`late ${symbol}`)!),
  );
  for (const symbol of SYMBOLS) expect(asked.get(`late ${symbol}`)).toBe(before.get(`late ${symbol}`)! + 1);
});

test('a fast repository before a limited one is asked about each symbol once', async () => {
  await runSettled('fast', ['fast', 'scarce'], {}, { symbols: FEW });
  const once = FEW.flatMap((symbol) => [`fast ${symbol}`, `scarce ${symbol}`]);
  expect(requestCounts()).toEqual(new Map(once.map((request) => [request, 1])));
});

test('a limited repository is asked about every symbol before it is asked about any again', async () => {
  await runSettled('scarce', ['scarce'], { maxRetries: 3 }, { symbols: FEW });
  expect(requestLines().slice(0, FEW.length)).toEqual(FEW.map((symbol) => `scarce ${symbol}`));
});

test('I11 a day that is declared complete ends although its repository is limited', async () => {
  const source = { type: 'dataset', dataset: 'declared' };
  const counts = await runSettled('declared', ['scarce'], {}, { symbols: FEW, source });
  expect(counts).toMatchObject({ noTrade: FEW.length * HOLES.length, missing: 0, absent: 0 });
});

test('a session that waits for a permit does not delay the later days of another session', async () => {
  await run('exhausted', ['exhausted'], { barrier: 'none' }, { symbols: FEW });
  await api.eventually(requestLines, (lines) => lines.some((line) => line.startsWith('exhausted')));
  await runSettled('week', ['repaired'], { barrier: 'none' }, WEEK);
  expect(await api.session('exhausted')).toMatchObject({ counts: { missing: (FEW.length - 1) * HOLES.length } });
  await api.ok('DELETE', '/v1/sessions/exhausted');
});

test('I13 a request for upkeep finds bars that came after an earlier request had asked for them', async () => {
  const growing = join(folder, 'growing.json');
  writeFileSync(growing, '{}');
  await runSettled('growing', ['growing'], {}, { symbols: FEW });
  writeFileSync(join(folder, 'requests.log'), '');
  await api.ok('POST', '/v1/sessions/growing/upkeep', {});
  await api.eventually(requestCounts, (counts) => FEW.every((symbol) => counts.has(`growing ${symbol}`)));
  // The repository has read the file without bars for each of these requests, and has not answered the last ones yet.
  writeFileSync(growing, JSON.stringify(wholeBars));
  await api.ok('POST', '/v1/sessions/growing/upkeep', {});
  await api.until('growing', ({ counts }) => counts.backfilled === FEW.length);
});

test('I12 a forced request asks once about the symbols for which its repository does not fail', async () => {
  await run('delisted', ['delisted'], { barrier: 'none' });
  await api.until('delisted', ({ counts }) => counts.unfillable === (SYMBOLS.length - 1) * HOLES.length);
  writeFileSync(join(folder, 'requests.log'), '');
  await api.ok('POST', '/v1/sessions/delisted/upkeep', {});
  const [failing, ...others] = SYMBOLS;
  const isAsked = (counts: Map<string, number>) => others.every((symbol) => counts.has(`delisted ${symbol}`));
  await api.eventually(requestCounts, isAsked);
  writeFileSync(join(folder, 'requests.log'), '');
  await api.eventually(requestCounts, (counts) => (counts.get(`delisted ${failing}`) ?? 0) >= 3);
  expect([...requestCounts().keys()]).toEqual([`delisted ${failing}`]);
  await api.ok('DELETE', '/v1/sessions/delisted');
});
