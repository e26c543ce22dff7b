/**
 * Symbols as vendors write them, in the import, each route, the client, the command line and a feed. Answers have them
 * unchanged, URLs percent-encoded. Two of them differ only in case, and two are names of properties that every JavaScript
 * object has.
 */
import { type Barkeep, connect, type Step } from '@barkeep/client';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api, type Session } from '../support/system/api.js';
import { importLines } from '../support/data/import-lines.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const SYMBOLS = 'BRK/B A+B ES=F ^GSPC BACpB BACPB $X ~a #1 a&b x@y:z constructor __proto__'.split(' ');
const DATES = { start: '2024-03-04', end: '2024-03-04' };
const OPEN = Date.parse('2024-03-04T14:30:00Z');
const MINUTES = 390;
/** The minute that the dataset `holes` lacks. */
const HOLE = 7;
/** All prices of a symbol are near this one, so that a mix-up shows. */
const priceOf = (symbol: string) => 100 + SYMBOLS.indexOf(symbol);

let system: TestSystem;
let coordinator: SystemProcess;
let api: Api;
let barkeep: Barkeep;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-symbols-'));
  system = await TestSystem.create();
  [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  barkeep = connect({ coordinator: coordinator.url, env: system.environment });
  const minutes = Array.from({ length: MINUTES }, (_, minute) => minute);
  const withoutHole = minutes.filter((minute) => minute !== HOLE);
  await importMinutes('whole', minutes);
  await importMinutes('holes', withoutHole);
});

afterAll(async () => {
  await barkeep?.close();
  await system?.close();
  await rm(folder, { recursive: true });
});

/** Imports bars of these minutes of each symbol. The volume is the number of the minute. */
async function importMinutes(dataset: string, minutes: readonly number[]): Promise<void> {
  const rows = SYMBOLS.flatMap((symbol) => {
    const price = priceOf(symbol);
    return minutes.map((minute) => {
      const time = new Date(OPEN + minute * 60_000).toISOString();
      return `${time},${symbol},${price},${price + 1},${price - 1},${price},${minute}`;
    });
  });
  const header = 'time,symbol,open,high,low,close,volume';
  await importLines(system, dataset, [header, ...rows], '--symbol-case', 'keep');
}

/** Runs the `barkeep` command on the coordinator. @returns what it prints, which must be JSON */
async function barkeepJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await system.barkeep(...args, '--json', '--coordinator', coordinator.url)) as T;
}

const spec = (id: string) => ({
  ...DATES,
  id,
  symbols: SYMBOLS,
  source: { type: 'dataset' as const, dataset: 'holes' },
  backfill: ['whole'],
  derivedIntervals: ['5m'],
});
const pathOf = (id: string, symbol: string) => `/v1/sessions/${id}/symbols/${encodeURIComponent(symbol)}`;

it('every route of such a symbol answers with the data of that symbol', async () => {
  const id = await api.run(spec('routes'));
  await api.completed(id);
  for (const symbol of SYMBOLS) {
    const path = pathOf(id, symbol);
    const price = priceOf(symbol);
    const last = { open: price, high: price + 1, low: price - 1, close: price, volume: MINUTES - 1 };
    expect(await api.ok('GET', `${path}/bars/latest`)).toMatchObject(last);
    expect(await api.ok<object[]>('GET', `${path}/bars?last=1000`)).toHaveLength(MINUTES);
    expect(await api.ok('GET', `${path}/metrics`)).toMatchObject({ streamed: MINUTES - 1, backfilled: 1 });
    expect(await api.ok('GET', `${path}/gaps`)).toEqual([]);
  }
  const query = SYMBOLS.map(encodeURIComponent).join(',');
  const latest = await api.ok<Record<string, { open: number }>>('GET', `/v1/sessions/${id}/latest?symbols=${query}`);
  const opens = Object.entries(latest).map(([symbol, { open }]) => ({ symbol, open }));
  expect(opens).toEqual(SYMBOLS.map((symbol) => ({ symbol, open: priceOf(symbol) })));
  expect(await api.ok<Session>('GET', `/v1/sessions/${id}`)).toMatchObject({ symbols: SYMBOLS });
});

it('the client follows a session of such symbols, and reads their bars, metrics and gaps', async () => {
  const session = await barkeep.createSession({ ...spec('client'), pace: { mode: 'lockstep' as const } });
  await session.start();
  const barCounts = new Map(SYMBOLS.map((symbol) => [symbol, 0]));
  let last: Step | undefined;
  for await (const step of session.follow({ consumer: 'all' })) {
    for (const symbol of step.bars.keys()) barCounts.set(symbol, barCounts.get(symbol)! + 1);
    last = step;
    for (const symbol of SYMBOLS) expect(step.mirror.closes(symbol, 1)).toEqual(Float64Array.of(priceOf(symbol)));
  }
  expect(last!.time).toBe(OPEN + MINUTES * 60_000);
  expect([...barCounts]).toEqual(SYMBOLS.map((symbol) => [symbol, MINUTES]));
  const reader = await session.reader();
  for (const symbol of SYMBOLS) {
    expect(await reader.latestBar(symbol, '5m')).toMatchObject({ close: priceOf(symbol) });
    expect(await session.metrics(symbol)).toMatchObject({ symbol, filled: MINUTES });
    expect(await session.gaps(symbol)).toEqual([]);
  }
});

it('a feed accepts bars of such symbols', async () => {
  await api.run({ ...DATES, id: 'fed', symbols: SYMBOLS, source: { type: 'feed' } });
  const session = barkeep.session('fed');
  for (const symbol of SYMBOLS) {
    const price = priceOf(symbol);
    const stream = session.registerStream(symbol);
    await stream.feed([{ openTime: OPEN, open: price, high: price, low: price, close: price, volume: 1 }]);
    await stream.end();
  }
  await api.completed('fed');
  for (const symbol of SYMBOLS)
    expect(await api.ok('GET', `${pathOf('fed', symbol)}/bars/latest`)).toMatchObject({ close: priceOf(symbol) });
});

it('a session to which such symbols were added and removed again has the digest of one without them', async () => {
  const [first, ...others] = SYMBOLS;
  await api.run({ ...spec('alone'), symbols: [first] });
  await api.completed('alone');
  await api.ok('POST', '/v1/sessions', { ...spec('changing'), symbols: [first] });
  for (const symbol of others) await api.ok('POST', pathOf('changing', symbol));
  for (const symbol of others) await api.ok('DELETE', pathOf('changing', symbol));
  await api.ok('POST', '/v1/sessions/changing/start');
  await api.completed('changing');
  expect(await api.digest('changing')).toBe(await api.digest('alone'));
});

it('a certificate names such symbols', async () => {
  const certificate = await api.ok<{ days: object[] }>('GET', '/v1/sessions/routes/certificate');
  expect(certificate).toMatchObject({ spec: { symbols: SYMBOLS }, complete: true });
  expect(certificate.days).toMatchObject([{ counts: { streamed: SYMBOLS.length * (MINUTES - 1) } }]);
  const file = join(folder, 'routes.certificate.json');
  await system.barkeep('certify', 'routes', '--out', file, '--coordinator', coordinator.url);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ spec: { symbols: SYMBOLS } });
});

it('the description of a dataset names such symbols', async () => {
  const output = await system.barkeep('dataset', 'show', 'holes', '--json');
  const { symbols } = JSON.parse(output) as { symbols: { symbol: string; rows: number }[] };
  expect(symbols.map(({ symbol }) => symbol).toSorted()).toEqual(SYMBOLS.toSorted());
  for (const { rows } of symbols) expect(rows).toBe(MINUTES - 1);
});

it('the command line prints bars, gaps and metrics of such symbols', async () => {
  expect(await barkeepJson('gaps', 'routes', 'BRK/B')).toEqual({ session: 'routes', gaps: [] });
  expect(await barkeepJson('bars', 'routes', '__proto__', '--last', '1')).toMatchObject([
    { close: priceOf('__proto__') },
  ]);
  expect(await barkeepJson('metrics', 'routes', 'BRK/B', '--date', DATES.start)).toMatchObject({
    session: 'routes',
    date: DATES.start,
    symbols: [{ symbol: 'BRK/B', expected: MINUTES, backfilled: 1, streamed: MINUTES - 1 }],
  });
  const ofAll = await barkeepJson<{ symbols: { symbol: string }[] }>('metrics', 'routes', '--date', DATES.start);
  expect(ofAll.symbols.map(({ symbol }) => symbol)).toEqual(SYMBOLS);
});

it('the command line exports bars of such symbols, and imports its own export', async () => {
  const file = join(folder, 'export.csv');
  await system.barkeep('export', 'routes', '--out', file, '--coordinator', coordinator.url);
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(1 + SYMBOLS.length * MINUTES);
  await system.barkeep('import', file, '--dataset', 'again', '--symbol-case', 'keep');
  const id = await api.run({ ...spec('again'), source: { type: 'dataset', dataset: 'again' }, backfill: [] });
  await api.completed(id);
  for (const symbol of SYMBOLS) expect(await api.metrics(id, symbol)).toMatchObject({ streamed: MINUTES });
});
