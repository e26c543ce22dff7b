/** I1: -0 and 0 are equal values, so the same bars give the same digest, however they are stored or fed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2024-03-04', end: '2024-03-04' };
const SPEC = { ...DATES, symbols: ['Z'], derivedIntervals: ['5m', '1d'] };
const TIMES = ['2024-03-04T14:30:00Z', '2024-03-04T14:31:00Z', '2024-03-04T20:59:00Z'];
/** First bars with volume 0, then a bar whose open and low are 0. */
const VALUES = [
  [10, 11, 9, 10, 0],
  [10, 11, 9, 10, 0],
  [0, 11, 0, 10, 0],
];

/** The same values, with each zero written as `zero`. */
const textRows = (zero: string) => VALUES.map((values) => values.map((value) => (value === 0 ? zero : String(value))));
const names = ['open', 'high', 'low', 'close', 'volume'];

let system: TestSystem;
let api: Api;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-minus-zero-'));
  const module = join(folder, 'repositories.cjs');
  await writeFile(
    module,
    `const rows = ${JSON.stringify(TIMES)}.map((time, i) => ({ time, ...${JSON.stringify(
      textRows('-0').map((row) => Object.fromEntries(row.map((value, i) => [names[i], value]))),
    )}[i] }));
     const between = (start, end) => rows.filter(({ time }) => new Date(time) >= start && new Date(time) < end);
     const numbers = ({ time, ...values }) => ({ time, ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])) });
     module.exports = {
       texts: { getBarsBySymbol: (symbol, start, end) => between(start, end) },
       numbers: { getBarsBySymbol: (symbol, start, end) => between(start, end).map(numbers) },
     };`,
  );
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: module });
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  await imported('zero', 'csv', '0');
  await system.query(`INSERT INTO datasets (name) VALUES ('empty')`);
}, 60_000);
afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true, force: true });
});

async function imported(dataset: string, format: 'csv' | 'ndjson', zero: string): Promise<void> {
  const rows = textRows(zero).map((values, i) =>
    format === 'csv'
      ? [TIMES[i], ...values].join(',')
      : `{"time":"${TIMES[i]}",${values.map((value, at) => `"${names[at]}":${value}`).join(',')}}`,
  );
  const file = join(folder, `${dataset}.${format}`);
  await writeFile(file, [...(format === 'csv' ? [`time,${names.join(',')}`] : []), ...rows].join('\n'));
  await system.barkeep('import', file, '--dataset', dataset, '--symbol', 'Z');
}

async function digestOf(id: string, spec: object): Promise<string> {
  await api.run({ ...SPEC, id, ...spec });
  await api.completed(id);
  return api.digest(id);
}

const ofDataset = (dataset: string) =>
  digestOf(`of-${dataset}`, { source: { type: 'dataset', dataset }, upkeep: { barrier: 'day' } });

test.each([
  ['-0 in CSV', 'csv', '-0'],
  ['-0.0 in CSV', 'csv', '-0.0'],
  ['-0e0 in CSV', 'csv', '-0e0'],
  ['-0 in JSON', 'ndjson', '-0'],
  ['-0.00 in JSON', 'ndjson', '-0.00'],
] as const)('I1 %s is 0', async (name, format, zero) => {
  const dataset = name.replace(/[^a-z0-9]+/gi, '-').replace(/^-/, '');
  await imported(dataset, format, zero);
  expect(await ofDataset(dataset)).toBe(await ofDatasetZero());
});

let zero: Promise<string> | undefined;
const ofDatasetZero = () => (zero ??= ofDataset('zero'));

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
  expect(row!.minus).toBeGreaterThanOrEqual(3);
  expect(await ofDataset('by-sql')).toBe(await ofDatasetZero());
  await system.barkeep('pack', 'by-sql', '--calendar', 'XNYS');
  const packed = await digestOf('packed', {
    source: { type: 'dataset', dataset: 'by-sql' },
    upkeep: { barrier: 'day' },
  });
  expect(packed).toBe(await ofDatasetZero());
});

test.each([['JSON'], ['NDJSON']])('I1 -0 that is fed as %s is 0, and an equal bar is a duplicate', async (form) => {
  const id = `fed-${form}`;
  await api.run({ ...SPEC, id, source: { type: 'feed' } });
  const lines = (text: string) =>
    textRows(text).map(
      (values, i) => `{"time":"${TIMES[i]}",${values.map((value, at) => `"${names[at]}":${value}`).join(',')}}`,
    );
  const post = async (text: string) => {
    const body = form === 'JSON' ? `[${lines(text).join(',')}]` : lines(text).join('\n');
    const type = form === 'JSON' ? 'application/json' : 'application/x-ndjson';
    const headers = { 'content-type': type };
    const response = await fetch(`${api.url}/v1/sessions/${id}/symbols/Z/bars`, { method: 'POST', headers, body });
    return (await response.json()) as { accepted: number; duplicates: number; conflicts: number };
  };
  expect(await post('-0')).toMatchObject({ accepted: 3, duplicates: 0, conflicts: 0 });
  expect(await post('0')).toMatchObject({ accepted: 0, duplicates: 3, conflicts: 0 });
  await api.ok('POST', `/v1/sessions/${id}/symbols/Z/end`);
  await api.completed(id);
  expect(await api.digest(id)).toBe(await ofDatasetZero());
});

test('I1 -0 of a repository is 0', async () => {
  const filledFrom = (repository: string) =>
    digestOf(`by-${repository}`, {
      source: { type: 'dataset', dataset: 'empty' },
      backfill: [repository],
      upkeep: { maxRetries: 1 },
    });
  expect(await filledFrom('texts')).toBe(await filledFrom('numbers'));
  expect(await filledFrom('texts')).toBe(await filledFrom('zero'));
});
