/**
 * Imports into a dataset: counts, conflicts, aborts, races, declarations of complete days, removal, and the quarantine.
 * I7: an invariant at the end of docs/ARCHITECTURE.md.
 */
import type { Bar, Hours } from '@barkeep/bars';
import {
  BarImporter,
  completeSymbols,
  datasetNames,
  quarantine,
  quarantineTotals,
  removeDataset,
  resolveDataset,
  SessionRepository,
  symbolIds,
  UnknownDatasetError,
} from '@barkeep/bar-repository';
import { randomUUID } from 'node:crypto';
import { migratedDatabase } from '../support/setup/database.js';
import { declareComplete, quarantineCounts } from '../support/data/datasets.js';
import { ImportEndedError, InvalidBarError } from '../../libs/bar-repository/src/rows/index.js';

/** The open of XNYS on 2024-03-01. */
const OPEN = Date.UTC(2024, 2, 1, 14, 30);
/** Epoch ms, `minute` minutes after OPEN. */
const timeOf = (minute: number): number => OPEN + minute * 60_000;

/** A bar that opens at a minute. Two bars of one minute differ only in their close. */
const bar = (minute: number, close = 10): Bar => ({
  openTime: timeOf(minute),
  open: 10,
  high: 12.5,
  low: 9.25,
  close,
  volume: 100 + minute,
});
/** The bars of the minutes `[from, to)`. */
const bars = (from: number, to: number): Bar[] => Array.from({ length: to - from }, (_, i) => bar(from + i));

const { dataSource } = migratedDatabase();

/** Imports bars by symbol in one import. @returns its counts */
async function importBars(dataset: string, rows: Record<string, readonly Bar[]>) {
  const importer = await BarImporter.open(dataSource, dataset);
  for (const [symbol, part] of Object.entries(rows)) await importer.write(symbol, part);
  return importer.finish();
}

/** All rows of a dataset, by symbol and time. */
async function stored(dataset: string): Promise<{ symbol: string; time: Date; close: number }[]> {
  return dataSource.query(
    `SELECT s.name AS symbol, b."time", b.close FROM bars b JOIN symbols s ON s.id = b.symbol_id
     JOIN datasets d ON d.id = b.dataset_id WHERE d.name = $1 ORDER BY s.name, b."time"`,
    [dataset],
  );
}

test('new rows are accepted with all their values, and the same import again is all duplicates', async () => {
  const rows = { AAA: bars(0, 390), BBB: bars(0, 100) };
  expect(await importBars('plain', rows)).toEqual({ accepted: 490, duplicate: 0, conflicting: 0 });
  expect(await importBars('plain', rows)).toEqual({ accepted: 0, duplicate: 490, conflicting: 0 });
  const rowsOfMinute3 = await dataSource.query(
    `SELECT b.* FROM bars b JOIN symbols s ON s.id = symbol_id WHERE s.name = 'AAA' AND "time" = $1`,
    [new Date(timeOf(3))],
  );
  expect(rowsOfMinute3).toMatchObject([{ open: 10, high: 12.5, low: 9.25, close: 10, volume: 103 }]);
});

test('more rows than a buffer holds are all stored, in any order of time', async () => {
  const older = bars(0, 60_000);
  const recent = bars(100_000, 150_000);
  expect(await importBars('large', { AAA: recent })).toMatchObject({ accepted: 50_000 });
  const importer = await BarImporter.open(dataSource, 'large');
  // The importer keeps the order of calls, so the caller need not await them one by one.
  await Promise.all([importer.write('AAA', older), importer.write('BBB', older), importer.write('AAA', recent)]);
  expect(await importer.finish()).toEqual({ accepted: 120_000, duplicate: 50_000, conflicting: 0 });
  expect(await stored('large')).toHaveLength(170_000);
});

test('a bar that differs from the stored one is conflicting: the stored bar stays, the other is quarantined once', async () => {
  await importBars('conflict', { AAA: bars(0, 10) });
  // Minute 3 has another close, minute 4 is the stored bar, minute 20 is new.
  const again = { AAA: [bar(3, 11), bar(4), bar(20)] };
  expect(await importBars('conflict', again)).toEqual({ accepted: 1, duplicate: 1, conflicting: 1 });
  expect(await importBars('conflict', again)).toEqual({ accepted: 0, duplicate: 2, conflicting: 1 });
  expect((await stored('conflict'))[3]).toMatchObject({ close: 10 });
  const quarantined = await dataSource.query(`SELECT incarnation, symbol, "time", close, reason FROM quarantined_bars`);
  expect(quarantined).toEqual([
    { incarnation: null, symbol: 'AAA', time: new Date(timeOf(3)), close: 11, reason: 'conflict' },
  ]);
  expect(await quarantineCounts(dataSource, null)).toEqual(new Map([['AAA', new Map([['conflict', 1]])]]));
});

test('of several rows of one minute in one import the first wins, whether the minute is after or before the stored bars', async () => {
  await importBars('within', { AAA: [bar(50)] });
  // Of each minute the second row conflicts with the first, and the third is a duplicate of it.
  const after = [bar(60, 11), bar(60), bar(60, 11)];
  const before = [bar(10, 12), bar(10), bar(10, 12)];
  const counts = await importBars('within', { AAA: [...after, ...before] });
  expect(counts).toEqual({ accepted: 2, duplicate: 2, conflicting: 2 });
  expect((await stored('within')).map((row) => row.close)).toEqual([12, 10, 11]);
});

test('an import shows no row before it finishes; an aborted one stores none, and refuses further calls', async () => {
  const importer = await BarImporter.open(dataSource, 'aborted');
  await importer.write('AAA', bars(0, 40_000));
  expect(await stored('aborted')).toEqual([]);
  await importer.abort();
  // A second abort does nothing.
  await importer.abort();
  expect(await stored('aborted')).toEqual([]);
  await expect(importer.write('AAA', bars(0, 1))).rejects.toThrow(ImportEndedError);
  await expect(importer.finish()).rejects.toThrow(ImportEndedError);
});

test('I7 an invalid bar makes the importer refuse its whole batch, and the import can go on', async () => {
  const importer = await BarImporter.open(dataSource, 'invalid');
  await expect(importer.write('AAA', [bar(0), { ...bar(1), low: 11, high: 9 }])).rejects.toThrow(InvalidBarError);
  await importer.write('AAA', [bar(2)]);
  expect(await importer.finish()).toEqual({ accepted: 1, duplicate: 0, conflicting: 0 });
});

test('an import fails as a whole when another client inserts one of its rows meanwhile, and a repeat succeeds', async () => {
  await importBars('raced', { AAA: [bar(0)] });
  const importer = await BarImporter.open(dataSource, 'raced');
  await importer.write('AAA', bars(1, 10));
  await dataSource.query(
    'INSERT INTO bars SELECT symbol_id, dataset_id, $1, 1, 1, 1, 1, 1 FROM bars WHERE dataset_id = $2',
    [new Date(bar(5).openTime), await resolveDataset(dataSource, 'raced')],
  );
  await expect(importer.finish()).rejects.toThrow('duplicate key');
  // The bar of the first import, and that of the other client.
  expect(await stored('raced')).toHaveLength(2);
  // The other client's bar differs from this importer's bar of minute 5.
  expect(await importBars('raced', { AAA: bars(1, 10) })).toEqual({ accepted: 8, duplicate: 0, conflicting: 1 });
});

test('an import that the server refuses to store fails with the reason of the server, whichever call notices it', async () => {
  await dataSource.query(
    `CREATE FUNCTION refuse_bars() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no space left'; END $$;
     CREATE TRIGGER refuse BEFORE INSERT ON bars EXECUTE FUNCTION refuse_bars()`,
  );
  const importer = await BarImporter.open(dataSource, 'full');
  await importer.write('AAA', bars(0, 40_000)); // sends a first COPY
  await expect(importer.write('BBB', bars(0, 1))).rejects.toThrow('no space left');
  await expect(importer.finish()).rejects.toThrow('no space left');
  await dataSource.query('DROP FUNCTION refuse_bars CASCADE');
  expect(await datasetNames(dataSource)).not.toContain('full');
});

test('an import succeeds although the maintenance after it fails', async () => {
  const importer = await BarImporter.open(dataSource, 'maintained');
  await importer.write('AAA', bars(0, 10));
  // The importer runs maintenance on the data source, the import itself on a connection that it borrowed.
  const error = new Error('canceling statement due to statement timeout');
  const query = jest.spyOn(dataSource, 'query').mockRejectedValue(error);
  const counts = await importer.finish().finally(() => query.mockRestore());
  expect(counts).toEqual({ accepted: 10, duplicate: 0, conflicting: 0 });
  expect(await importBars('maintained', { AAA: bars(0, 10) })).toMatchObject({ duplicate: 10 });
});

test('simultaneous imports of one dataset take turns, and those of several create each symbol once', async () => {
  const rows = { NEW1: bars(0, 500), NEW2: bars(0, 500) };
  const reversed = { NEW2: bars(0, 500), NEW1: bars(0, 500) };
  const counts = await Promise.all([
    importBars('same', rows),
    importBars('same', reversed),
    importBars('other', reversed),
    importBars('another', rows),
  ]);
  expect(counts.map(({ accepted, duplicate }) => accepted + duplicate)).toEqual([1000, 1000, 1000, 1000]);
  // Of the two imports of 'same', the second one finds only duplicates.
  const acceptedInSame = counts.slice(0, 2).map(({ accepted }) => accepted);
  expect(acceptedInSame.sort((a, b) => a - b)).toEqual([0, 1000]);
  expect((await symbolIds(dataSource, ['NEW1', 'NEW2', 'NEVER'])).size).toBe(2);
});

test('days are declared complete for single symbols, by an import or without one', async () => {
  const importer = await BarImporter.open(dataSource, 'complete', { complete: () => '2024-03-04' });
  await importer.write('AAA', bars(0, 5));
  await importer.finish();
  await declareComplete(dataSource, 'complete', ['BBB', 'QUIET'], ['2024-03-04', '2024-03-05']);
  await declareComplete(dataSource, 'complete', ['BBB'], ['2024-03-04']);
  const symbols = ['AAA', 'BBB', 'QUIET', 'CCC'];
  expect(await completeSymbols(dataSource, ['complete'], symbols, '2024-03-04', 'extended')).toEqual(
    new Set(['AAA', 'BBB', 'QUIET']),
  );
  expect(await completeSymbols(dataSource, ['complete'], symbols, '2024-03-05', 'extended')).toEqual(
    new Set(['BBB', 'QUIET']),
  );
  expect(await completeSymbols(dataSource, ['plain'], symbols, '2024-03-04', 'extended')).toEqual(new Set());
  await expect(declareComplete(dataSource, 'no such', ['AAA'], ['2024-03-04'])).rejects.toThrow(UnknownDatasetError);
});

test('a day that is declared in regular hours is not complete in extended hours until it is declared in them, too', async () => {
  const declare = async (hours: Hours) => {
    const importer = await BarImporter.open(dataSource, 'hours', { complete: () => '2024-03-04', hours });
    await importer.write('AAA', bars(0, 5));
    await importer.finish();
    const complete = (sessionHours: Hours) =>
      completeSymbols(dataSource, ['hours'], ['AAA'], '2024-03-04', sessionHours);
    return { regular: await complete('regular'), extended: await complete('extended') };
  };
  expect(await declare('regular')).toEqual({ regular: new Set(['AAA']), extended: new Set() });
  for (const hours of ['extended', 'regular'] as const)
    expect(await declare(hours)).toEqual({ regular: new Set(['AAA']), extended: new Set(['AAA']) });
});

test('a removed dataset leaves nothing behind and can be imported again', async () => {
  await importBars('removed', { AAA: bars(0, 10) });
  await declareComplete(dataSource, 'removed', ['AAA'], ['2024-03-01']);
  expect(await removeDataset(dataSource, 'removed')).toBe(10);
  expect(await removeDataset(dataSource, 'removed')).toBeUndefined();
  expect(await datasetNames(dataSource)).not.toContain('removed');
  expect(await importBars('removed', { AAA: bars(0, 10) })).toMatchObject({ accepted: 10 });
  expect(await completeSymbols(dataSource, ['removed'], ['AAA'], '2024-03-01', 'regular')).toEqual(new Set());
});

test('of two removals of a dataset at the same time one removes its bars and the other finds no dataset', async () => {
  await importBars('removed-twice', { AAA: bars(0, 10) });
  const removals = [removeDataset(dataSource, 'removed-twice'), removeDataset(dataSource, 'removed-twice')];
  expect(new Set(await Promise.all(removals))).toEqual(new Set([10, undefined]));
});

test('I7 quarantined rows of a session are stored once, counted by symbol and reason, and totalled by day', async () => {
  const session = await new SessionRepository(dataSource).create({ id: randomUUID(), spec: {} });
  const { incarnation } = session.row;
  const prices = { high: 1, low: 1, close: 1, volume: 1 };
  const rows = [
    { dataset: 'd', symbol: 'AAA', time: OPEN, open: Number.NaN, ...prices, reason: 'not-finite' },
    { dataset: 'd', symbol: 'AAA', time: OPEN, open: Infinity, ...prices, reason: 'not-finite' },
    { dataset: 'd', symbol: 'AAA', time: OPEN, reason: 'off-grid' },
    // PostgreSQL stores no NUL in a text, and a long row is cut.
    { dataset: 'd', symbol: 'BBB', time: Number.NaN, reason: 'malformed', raw: 'a,b\0' + 'x'.repeat(5000) },
    { dataset: 'd', symbol: 'BBB', time: null, reason: 'malformed', raw: 'c,d' },
  ];
  /** Quarantines bars. @returns the number of rows that are then stored */
  const storedAfter = async (added: typeof rows, requestedDate?: string, of = incarnation): Promise<number> => {
    await quarantine(dataSource, of, added, requestedDate);
    return (await dataSource.query<unknown[]>('SELECT FROM quarantined_bars WHERE incarnation = $1', [of])).length;
  };
  expect(await storedAfter(rows)).toBe(5);
  expect(await storedAfter([...rows, ...rows])).toBe(5);
  // A repository may return the same bar again in its answer for another day: it is not stored again.
  const day = '2024-03-04';
  expect(await storedAfter(rows.slice(0, 1), day)).toBe(5);
  const newRow = { dataset: 'd', symbol: 'AAA', time: OPEN + 1, reason: 'off-grid' };
  expect(await storedAfter([newRow], day)).toBe(6);
  expect(await quarantineTotals(dataSource, incarnation, ['d'], ['AAA', 'BBB'], day)).toEqual([
    { symbol: 'AAA', reason: 'off-grid', total: 1 },
  ]);
  // No session has this incarnation, as after a session was deleted: the quarantine stores nothing.
  expect(await storedAfter(rows, undefined, randomUUID())).toBe(0);
  expect(await quarantineCounts(dataSource, incarnation)).toEqual(
    new Map([
      ['AAA', new Map(Object.entries({ 'not-finite': 2, 'off-grid': 2 }))],
      ['BBB', new Map([['malformed', 2]])],
    ]),
  );
  expect(await quarantineCounts(dataSource, randomUUID())).toEqual(new Map());
});
