/**
 * -0 and 0 are equal values, so bars with -0 give the digest of bars with 0, however they are stored or fed (I1).
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { importLines } from '../support/data/import-lines.js';
import { TestSystem } from '../support/system/system.js';

const SPEC = { start: '2024-03-04', end: '2024-03-04', symbols: ['Z'], derivedIntervals: ['5m', '1d'] };
const NAMES = ['open', 'high', 'low', 'close', 'volume'];
/** Times and values of the bars. All have the volume 0, the last one also has the open and the low 0. */
const BARS = [
  { time: '2024-03-04T14:30:00Z', values: [10, 11, 9, 10, 0] },
  { time: '2024-03-04T14:31:00Z', values: [10, 11, 9, 10, 0] },
  { time: '2024-03-04T20:59:00Z', values: [0, 11, 0, 10, 0] },
];

/** The bars with their values as texts. Each zero is written as `zero`, for example `-0.0`. */
const textBars = (zero: string) =>
  BARS.map(({ time, values }) => ({ time, texts: values.map((value) => (value === 0 ? zero : String(value))) }));
/** The bars as lines of NDJSON. */
const jsonLines = (zero: string) =>
  textBars(zero).map(({ time, texts }) => {
    const fields = texts.map((text, i) => `"${NAMES[i]}":${text}`);
    return `{"time":"${time}",${fields.join(',')}}`;
  });
/** The bars as lines of CSV, with a header. */
const csvLines = (zero: string) => [
  `time,${NAMES.join(',')}`,
  ...textBars(zero).map(({ time, texts }) => [time, ...texts].join(',')),
];

/** A user's module with two repositories that have the bars with -0: one returns texts, the other one numbers. */
function repositoriesModule(): string {
  const rows = textBars('-0').map(({ time, texts }) => ({
    time,
    ...Object.fromEntries(texts.map((text, i) => [NAMES[i], text])),
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
/** The digest of the bars with 0 when a session streams them. */
let digestWithZero: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-minus-zero-'));
  const modulePath = join(folder, 'repositories.cjs');
  await writeFile(modulePath, repositoriesModule());
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: modulePath });
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  await system.query(`INSERT INTO datasets (name) VALUES ('empty')`);
  await importLines(system, 'zero', csvLines('0'), '--symbol', 'Z');
  digestWithZero = await digestOfDataset('zero');
});
afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a session. @returns its digest */
async function digestOf(id: string, spec: object): Promise<string> {
  await api.run({ ...SPEC, id, ...spec });
  await api.completed(id);
  return api.digest(id);
}

const digestOfDataset = (dataset: string, id = `of-${dataset}`) =>
  digestOf(id, { source: { type: 'dataset', dataset }, upkeep: { barrier: 'day' } });

test.each([
  ['-0', 'CSV', csvLines],
  ['-0.0', 'CSV', csvLines],
  ['-0e0', 'CSV', csvLines],
  ['-0', 'NDJSON', jsonLines],
  ['-0.00', 'NDJSON', jsonLines],
] as const)('I1 %s in a file of %s is 0', async (zero, format, linesOf) => {
  const dataset = `${format}${zero}`;
  await importLines(system, dataset, linesOf(zero), '--symbol', 'Z');
  expect(await digestOfDataset(dataset)).toBe(digestWithZero);
});

test('I1 -0 that a program wrote into the table is 0, streamed as rows and as packed days', async () => {
  await system.query(`INSERT INTO datasets (name) VALUES ('by-sql')`);
  for (const { time, texts } of textBars('-0')) {
    await system.query(
      `INSERT INTO bars (dataset_id, symbol_id, "time", open, high, low, close, volume)
       SELECT d.id, s.id, $1::timestamptz, $2, $3, $4, $5, $6 FROM datasets d, symbols s WHERE d.name = 'by-sql' AND s.name = 'Z'`,
      [time, ...texts],
    );
  }
  const stored = await system.query(`SELECT FROM bars WHERE volume::text = '-0'`);
  expect(stored.length).toBeGreaterThanOrEqual(BARS.length); // PostgreSQL did not make 0 of them
  expect(await digestOfDataset('by-sql')).toBe(digestWithZero);
  await system.barkeep('pack', 'by-sql', '--calendar', 'XNYS');
  expect(await digestOfDataset('by-sql', 'of-packs')).toBe(digestWithZero);
});

test.each(['JSON', 'NDJSON'])('I1 -0 that is fed as %s is 0, and an equal bar is a duplicate', async (format) => {
  const id = `fed-${format}`;
  await api.run({ ...SPEC, id, source: { type: 'feed' } });
  const post = async (zero: string) => {
    const lines = jsonLines(zero);
    const [type, body] =
      format === 'JSON' ? ['application/json', `[${lines.join(',')}]`] : ['application/x-ndjson', lines.join('\n')];
    // Not by `api`, which would send the lines of NDJSON as JSON.
    const request = { method: 'POST', headers: { 'content-type': type! }, body };
    return (await fetch(`${api.url}/v1/sessions/${id}/symbols/Z/bars`, request)).json();
  };
  expect(await post('-0')).toMatchObject({ accepted: 3, duplicates: 0, conflicts: 0 });
  expect(await post('0')).toMatchObject({ accepted: 0, duplicates: 3, conflicts: 0 });
  await api.ok('POST', `/v1/sessions/${id}/symbols/Z/end`);
  await api.completed(id);
  expect(await api.digest(id)).toBe(digestWithZero);
});

test('I1 -0 of a repository, as a text or a number, is 0', async () => {
  const digestFilledFrom = (repository: string) =>
    digestOf(`by-${repository}`, {
      source: { type: 'dataset', dataset: 'empty' },
      backfill: [repository],
      upkeep: { maxRetries: 1 },
    });
  // Not the digest of streamed bars: the origin of these bars is `backfilled`.
  const expected = await digestFilledFrom('zero');
  expect(await digestFilledFrom('texts')).toBe(expected);
  expect(await digestFilledFrom('numbers')).toBe(expected);
});
