/** Repositories whose requests outlast a backfill job's time slice: every repository and every symbol is asked all the same. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

/** More symbols than a job asks for in one time slice: 8 at the same time, each for longer than the slice. */
const SYMBOLS = Array.from({ length: 12 }, (_, index) => `S${index + 10}`);
const DAY = { start: '2013-10-07', end: '2013-10-07' };
const SLOTS = 390;
/** The slots of each symbol that the source lacks; `whole` has the bar of the first one. */
const HOLES = [100, 200];
const WHOLE_HOLE = HOLES[0]!;
/** `late` answers after the slice without bars, `broken` fails after the slice, and `whole` has one of the two bars. */
const MODULE = `
const { appendFileSync, readFileSync } = require('node:fs');
const { setTimeout: delay } = require('node:timers/promises');
const bars = JSON.parse(readFileSync(__dirname + '/bars.json', 'utf8'));
const SLOWER_THAN_SLICE_MS = 600;
const log = (name, symbol) => appendFileSync(__dirname + '/requests.log', name + ' ' + symbol + '\\n');
exports.late = { getBarsBySymbol: async (symbol) => { log('late', symbol); await delay(SLOWER_THAN_SLICE_MS); return []; } };
exports.broken = { getBarsBySymbol: async (symbol) => {
  log('broken', symbol);
  await delay(SLOWER_THAN_SLICE_MS);
  throw new Error('the vendor is down');
} };
exports.whole = { getBarsBySymbol: async (symbol) => { log('whole', symbol); return bars[symbol]; } };`;

let system: TestSystem;
let folder: string;
let api: Api;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'barkeep-slow-'));
  const market = marketBars({ symbols: SYMBOLS, ...DAY, seed: 7 });
  const modulePath = join(folder, 'repositories.cjs');
  writeFileSync(modulePath, MODULE);
  const wholeBars = [...market].map(([symbol, bars]) => [symbol, [bars[WHOLE_HOLE]]]);
  writeFileSync(join(folder, 'bars.json'), JSON.stringify(Object.fromEntries(wholeBars)));
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: modulePath });
  const holey = [...market].map(([symbol, bars]) => [symbol, bars.filter((_, slot) => !HOLES.includes(slot))] as const);
  await writeBars(system.databaseUrl, 'holey', new Map(holey));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});

beforeEach(() => writeFileSync(join(folder, 'requests.log'), ''));

afterAll(async () => {
  await system?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** Runs a session to its end, until every empty slot is settled. */
async function runSettled(id: string, backfill: string[], upkeep: object) {
  const source = { type: 'dataset', dataset: 'holey' };
  await api.run({
    id,
    symbols: SYMBOLS,
    ...DAY,
    source,
    backfill,
    upkeep: { barrier: 'day', maxRetries: 1, ...upkeep },
  });
  await api.completed(id);
  return (await api.settled(id)).counts;
}

/** The number of requests by `REPOSITORY SYMBOL`. */
function requestCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  const lines = readFileSync(join(folder, 'requests.log'), 'utf8').trim().split('\n');
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
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
  const asked = await api.eventually(
    () => Promise.resolve(requestCounts()),
    (counts) => SYMBOLS.every((symbol) => counts.get(`late ${symbol}`)! > before.get(`late ${symbol}`)!),
  );
  for (const symbol of SYMBOLS) expect(asked.get(`late ${symbol}`)).toBe(before.get(`late ${symbol}`)! + 1);
});
