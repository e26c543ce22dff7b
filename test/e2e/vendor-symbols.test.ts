/**
 * Symbols as vendors write them, in the import, each route, the client, the command line and a feed. Answers have them
 * unchanged, URLs percent-encoded. Two of them differ only in case, and two are names of properties that every JavaScript
 * object has.
 */
import { type Barkeep, connect, type Step } from '@barkeep/client';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api, type Session } from '../support/system/api.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const SYMBOLS = [
  'BRK/B',
  'A+B',
  'ES=F',
  '^GSPC',
  'BACpB',
  'BACPB',
  '$X',
  '~a',
  '#1',
  'a&b',
  'x@y:z',
  'constructor',
  '__proto__',
];
const DATES = { start: '2024-03-04', end: '2024-03-04' };
const OPEN = Date.parse('2024-03-04T14:30:00Z');
const MINUTES = 390;
/** The minute that each symbol lacks in the source. */
const HOLE = 7;

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
  const { SESSION_REDIS_URL: redis, BARKEEP_SESSION_PREFIX: keyPrefix } = system.environment;
  barkeep = connect({ coordinator: coordinator.url, redis, keyPrefix });
  for (const [dataset, hole] of [
    ['holes', HOLE],
    ['whole', -1],
  ] as const) {
    const file = join(folder, `${dataset}.csv`);
    await writeFile(file, csv(hole));
    await system.barkeep('import', file, '--dataset', dataset, '--symbol-case', 'keep');
  }
});

afterAll(async () => {
  await barkeep?.close();
  await system?.close();
  await rm(folder, { recursive: true });
});

/** All bars but those of minute `hole`. Symbol `i` has prices near `100 + i`, so that a mix-up shows. */
function csv(hole: number): string {
  const rows = SYMBOLS.flatMap((symbol, i) =>
    Array.from({ length: MINUTES }, (_, minute) => {
      const time = new Date(OPEN + minute * 60_000).toISOString();
      return minute === hole ? '' : `${time},${symbol},${100 + i},${101 + i},${99 + i},${100 + i},${minute}\n`;
    }),
  );
  return `time,symbol,open,high,low,close,volume\n${rows.join('')}`;
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

it('every route of a symbol answers with the data of that symbol', async () => {
  const id = await api.run(spec('routes'));
  await api.completed(id);
  for (const [i, symbol] of SYMBOLS.entries()) {
    const price = { open: 100 + i, high: 101 + i, low: 99 + i, close: 100 + i };
    expect(await api.ok('GET', `${pathOf(id, symbol)}/bars/latest`)).toMatchObject({ ...price, volume: MINUTES - 1 });
    expect(await api.ok<object[]>('GET', `${pathOf(id, symbol)}/bars?last=1000`)).toHaveLength(MINUTES);
    expect(await api.ok('GET', `${pathOf(id, symbol)}/metrics`)).toMatchObject({
      backfilled: 1,
      streamed: MINUTES - 1,
    });
    expect(await api.ok('GET', `${pathOf(id, symbol)}/gaps`)).toEqual([]);
  }
  const query = SYMBOLS.map(encodeURIComponent).join(',');
  const latest = await api.ok<Record<string, { open: number }>>('GET', `/v1/sessions/${id}/latest?symbols=${query}`);
  const opens = Object.entries(latest).map(([symbol, { open }]) => ({ symbol, open }));
  expect(opens).toEqual(SYMBOLS.map((symbol, i) => ({ symbol, open: 100 + i })));
  expect(await api.ok<Session>('GET', `/v1/sessions/${id}`)).toMatchObject({ symbols: SYMBOLS });
});

it('the client follows a session of them, and reads their bars, metrics and gaps', async () => {
  const session = await barkeep.createSession({ ...spec('client'), pace: { mode: 'lockstep' as const } });
  await session.start();
  const barCounts = new Map(SYMBOLS.map((symbol) => [symbol, 0]));
  let last: Step | undefined;
  for await (const step of session.follow({ consumer: 'all' })) {
    for (const symbol of step.bars.keys()) barCounts.set(symbol, barCounts.get(symbol)! + 1);
    last = step;
    SYMBOLS.forEach((symbol, i) => expect(step.mirror.closes(symbol, 1)).toEqual(Float64Array.of(100 + i)));
  }
  expect(last!.time).toBe(OPEN + MINUTES * 60_000);
  expect([...barCounts]).toEqual(SYMBOLS.map((symbol) => [symbol, MINUTES]));
  const reader = await session.reader();
  for (const [i, symbol] of SYMBOLS.entries()) {
    expect(await reader.latestBar(symbol, '5m')).toMatchObject({ close: 100 + i });
    expect(await session.metrics(symbol)).toMatchObject({ symbol, filled: MINUTES });
    expect(await session.gaps(symbol)).toEqual([]);
  }
});

it('a feed accepts them', async () => {
  await api.run({ ...DATES, id: 'fed', symbols: SYMBOLS, source: { type: 'feed' } });
  const session = barkeep.session('fed');
  for (const [i, symbol] of SYMBOLS.entries()) {
    const stream = session.registerStream(symbol);
    await stream.feed([{ openTime: OPEN, open: 1 + i, high: 1 + i, low: 1 + i, close: 1 + i, volume: 1 }]);
    await stream.end();
  }
  await api.completed('fed');
  for (const [i, symbol] of SYMBOLS.entries()) {
    expect(await api.ok('GET', `${pathOf('fed', symbol)}/bars/latest`)).toMatchObject({ close: 1 + i });
  }
});

it('a session to which they were added and from which they were removed has the digest of one without them', async () => {
  const [first, ...others] = SYMBOLS;
  const alone = await api.run({ ...spec('alone'), symbols: [first] });
  await api.completed(alone);
  const id = (await api.ok<Session>('POST', '/v1/sessions', { ...spec('changing'), symbols: [first] })).id;
  for (const symbol of others) await api.ok('POST', pathOf(id, symbol));
  for (const symbol of others) await api.ok('DELETE', pathOf(id, symbol));
  await api.ok('POST', `/v1/sessions/${id}/start`);
  await api.completed(id);
  expect(await api.digest(id)).toBe(await api.digest(alone));
});

it('a certificate and the description of a dataset name them', async () => {
  const certificate = await api.ok<{ spec: { symbols: string[] }; complete: boolean; days: object[] }>(
    'GET',
    '/v1/sessions/routes/certificate',
  );
  expect(certificate).toMatchObject({ spec: { symbols: SYMBOLS }, complete: true });
  expect(certificate.days).toMatchObject([{ counts: { streamed: SYMBOLS.length * (MINUTES - 1) } }]);
  const file = join(folder, 'routes.certificate.json');
  await system.barkeep('certify', 'routes', '--out', file, '--coordinator', coordinator.url);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ spec: { symbols: SYMBOLS } });
  const shown = JSON.parse(await system.barkeep('dataset', 'show', 'holes', '--json')) as {
    symbols: { symbol: string; rows: number }[];
  };
  expect(shown.symbols.map(({ symbol }) => symbol).toSorted()).toEqual(SYMBOLS.toSorted());
  expect(shown.symbols.every(({ rows }) => rows === MINUTES - 1)).toBe(true);
});

it('the command line prints and exports them, and reads its own export again', async () => {
  const flags = ['--coordinator', coordinator.url];
  expect(JSON.parse(await system.barkeep('gaps', 'routes', 'BRK/B', '--json', ...flags))).toEqual({
    session: 'routes',
    gaps: [],
  });
  const shown = await system.barkeep('bars', 'routes', '__proto__', '--last', '1', '--json', ...flags);
  expect(JSON.parse(shown)).toMatchObject([{ close: 100 + SYMBOLS.indexOf('__proto__') }]);
  const ofDay = await system.barkeep('metrics', 'routes', 'BRK/B', '--date', DATES.start, '--json', ...flags);
  expect(JSON.parse(ofDay)).toMatchObject({
    session: 'routes',
    date: DATES.start,
    symbols: [{ symbol: 'BRK/B', expected: MINUTES, backfilled: 1, streamed: MINUTES - 1 }],
  });
  const all = JSON.parse(await system.barkeep('metrics', 'routes', '--date', DATES.start, '--json', ...flags)) as {
    symbols: { symbol: string }[];
  };
  expect(all.symbols.map(({ symbol }) => symbol)).toEqual(SYMBOLS);
  const file = join(folder, 'export.csv');
  await system.barkeep('export', 'routes', '--out', file, ...flags);
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(1 + SYMBOLS.length * MINUTES);
  await system.barkeep('import', file, '--dataset', 'again', '--symbol-case', 'keep');
  const again = await api.run({ ...spec('again'), source: { type: 'dataset', dataset: 'again' }, backfill: [] });
  await api.completed(again);
  for (const symbol of SYMBOLS) expect(await api.metrics(again, symbol)).toMatchObject({ streamed: MINUTES });
});
