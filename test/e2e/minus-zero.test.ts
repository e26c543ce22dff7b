/** -0 and 0 are equal values, so bars with -0 give the digest of bars with 0, however they are stored or fed (I1). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2024-03-04', end: '2024-03-04' };
const SPEC = { ...DATES, symbols: ['Z'], derivedIntervals: ['5m', '1d'] };
const TIMES = ['2024-03-04T14:30:00Z', '2024-03-04T14:31:00Z', '2024-03-04T20:59:00Z'];
/** The values of the bars: all have the volume 0, the last one also has open and low 0. */
const VALUES = [
  [10, 11, 9, 10, 0],
  [10, 11, 9, 10, 0],
  [0, 11, 0, 10, 0],
];

const NAMES = ['open', 'high', 'low', 'close', 'volume'];
/** The values as texts, with each zero written as `zero`, for example `-0.0`. */
const textRows = (zero: string) => VALUES.map((values) => values.map((value) => (value === 0 ? zero : String(value))));
/** The bars as lines of NDJSON. */
const jsonLines = (zero: string) =>
  textRows(zero).map((values, bar) => {
    const fields = values.map((value, i) => `"${NAMES[i]}":${value}`);
    return `{"time":"${TIMES[bar]}",${fields.join(',')}}`;
  });
/** The bars as lines of CSV, with a header. */
const csvLines = (zero: string) => [
  `time,${NAMES.join(',')}`,
  ...textRows(zero).map((values, bar) => [TIMES[bar], ...values].join(',')),
];

/** A user's module with two repositories that have the bars with -0: one returns texts, the other one numbers. */
function repositoriesModule(): string {
  const rows = textRows('-0').map((values, bar) => ({
    time: TIMES[bar],
    ...Object.fromEntries(values.map((value, i) => [NAMES[i], value])),
  }));
  return `
    const rows = ${JSON.stringify(rows)};
    const between = (start, end) => rows.filter(({ time }) => new Date(time) >= start && new Date(time) < end);
    const toNumbers = ({ time, ...values }) => {
      const numbers = Object.entries(values).map(([name, value]) => [name, Number(value)]);
      return { time, ...Object.fromEntries(numbers) };
    };
    module.exports = {
      texts: { getBarsBySymbol: (symbol, start, end) => between(start, end) },
      numbers: { getBarsBySymbol: (symbol, start, end) => between(start, end).map(toNumbers) },
    };`;
}

let system: TestSystem;
let api: Api;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-minus-zero-'));
  const modulePath = join(folder, 'repositories.cjs');
  await writeFile(modulePath, repositoriesModule());
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: modulePath });
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  await importBars('zero', 'csv', '0');
  await system.query(`INSERT INTO datasets (name) VALUES ('empty')`);
}, 60_000);
afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Imports the bars into a new dataset. */
async function importBars(dataset: string, format: 'csv' | 'ndjson', zero: string): Promise<void> {
  const lines = format === 'csv' ? csvLines(zero) : jsonLines(zero);
  const file = join(folder, `${dataset}.${format}`);
  await writeFile(file, lines.join('\n'));
  await system.barkeep('import', file, '--dataset', dataset, '--symbol', 'Z');
}

/** Runs a session. @returns its digest */
async function digestOf(id: string, spec: object): Promise<string> {
  await api.run({ ...SPEC, id, ...spec });
  await api.completed(id);
  return api.digest(id);
}

const digestOfDataset = (dataset: string, id = `of-${dataset}`) =>
  digestOf(id, { source: { type: 'dataset', dataset }, upkeep: { barrier: 'day' } });

let zeroDigest: Promise<string> | undefined;
/** The digest of the bars with 0, with which all others are compared. */
const digestWithZero = () => (zeroDigest ??= digestOfDataset('zero'));

test.each([
  ['-0 in CSV', 'csv', '-0'],
  ['-0.0 in CSV', 'csv', '-0.0'],
  ['-0e0 in CSV', 'csv', '-0e0'],
  ['-0 in JSON', 'ndjson', '-0'],
  ['-0.00 in JSON', 'ndjson', '-0.00'],
] as const)('I1 %s is 0', async (name, format, zero) => {
  const dataset = name.replace(/[^a-z0-9]+/gi, '-').replace(/^-/, '');
  await importBars(dataset, format, zero);
  expect(await digestOfDataset(dataset)).toBe(await digestWithZero());
});

test('I1 -0 that a program wrote into the table is 0, streamed as rows and as packed days', async () => {
  await system.query(`INSERT INTO datasets (name) VALUES ('by-sql')`);
  for (const [i, values] of textRows('-0').entries()) {
    await system.query(
      `INSERT INTO bars (dataset_id, symbol_id, "time", open, high, low, close, volume)
       SELECT d.id, s.id, $1::timestamptz, $2, $3, $4, $5, $6 FROM datasets d, symbols s WHERE d.name = 'by-sql' AND s.name = 'Z'`,
      [TIMES[i], ...values],
    );
  }
  const [row] = await system.query<{ minus: number }>(
    `SELECT count(*)::int AS minus FROM bars WHERE volume::text = '-0'`,
  );
  // PostgreSQL stored the volumes as -0, and not as 0.
  expect(row!.minus).toBeGreaterThanOrEqual(3);
  expect(await digestOfDataset('by-sql')).toBe(await digestWithZero());
  await system.barkeep('pack', 'by-sql', '--calendar', 'XNYS');
  expect(await digestOfDataset('by-sql', 'packed')).toBe(await digestWithZero());
});

test.each([['JSON'], ['NDJSON']])('I1 -0 that is fed as %s is 0, and an equal bar is a duplicate', async (form) => {
  const id = `fed-${form}`;
  await api.run({ ...SPEC, id, source: { type: 'feed' } });
  const post = async (zero: string) => {
    const lines = jsonLines(zero);
    const body = form === 'JSON' ? `[${lines.join(',')}]` : lines.join('\n');
    const type = form === 'JSON' ? 'application/json' : 'application/x-ndjson';
    const headers = { 'content-type': type };
    const response = await fetch(`${api.url}/v1/sessions/${id}/symbols/Z/bars`, { method: 'POST', headers, body });
    return (await response.json()) as { accepted: number; duplicates: number; conflicts: number };
  };
  expect(await post('-0')).toMatchObject({ accepted: 3, duplicates: 0, conflicts: 0 });
  expect(await post('0')).toMatchObject({ accepted: 0, duplicates: 3, conflicts: 0 });
  await api.ok('POST', `/v1/sessions/${id}/symbols/Z/end`);
  await api.completed(id);
  expect(await api.digest(id)).toBe(await digestWithZero());
});

test('I1 -0 of a repository, as a text or a number, is 0', async () => {
  const filledFrom = (repository: string) =>
    digestOf(`by-${repository}`, {
      source: { type: 'dataset', dataset: 'empty' },
      backfill: [repository],
      upkeep: { maxRetries: 1 },
    });
  expect(await filledFrom('texts')).toBe(await filledFrom('numbers'));
  expect(await filledFrom('texts')).toBe(await filledFrom('zero'));
});
