/** I7 is an invariant of docs/ARCHITECTURE.md. */
import { READ_ROW } from '@barkeep/bar-repository';
import { calendarNamed, DayChunk, DayGrid, ORIGIN_CODES, parseInterval, refuseValues } from '@barkeep/bars';
import { type Seeded, seeded } from '../../../../test/support/data/seeded.js';
import { USED_ONCE } from './chunk-pool.js';
import { RowPacker } from './row-packer.js';
import { WindowRead } from './window-read.js';

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const MINUTE_MS = 60_000;
const ORIGIN = ORIGIN_CODES.streamed;
/** The last fields of a streamed bar: dataset 0, made of one bar, of which one is expected. */
const DATASET_AND_COUNTS = [0, 1, 1] as const;
/** Symbols by their ids in Postgres. */
const SYMBOLS = new Map([
  [1, 'AAA'],
  [2, 'BBB'],
]);
const gridOf = (calendar: string, date: string) =>
  new DayGrid(calendarNamed(calendar).tradingDay(date)!, parseInterval('1m'));
const ONE_SEGMENT = gridOf('XNYS', '2024-11-27');
const WITH_BREAK = gridOf('XTKS', '2024-10-01');
/** The most rows that the packer keeps for the quarantine. */
const QUARANTINE_MAX = 1_000;

type Values = [open: number, high: number, low: number, close: number, volume: number];
/** A row of a symbol; `time` is epoch ms, with parts of a millisecond. */
interface TestRow {
  id: number;
  time: number;
  values: Values;
}

/** The byte at which each test row begins. It is not 0, as rows come at any byte of a buffer. */
const ROW_AT = 3;

function bytesOf({ id, time, values }: TestRow): DataView {
  const view = new DataView(new ArrayBuffer(ROW_AT + READ_ROW.bytes));
  view.setInt32(ROW_AT + READ_ROW.symbolId, id);
  view.setBigInt64(ROW_AT + READ_ROW.time, BigInt(Math.round((time - POSTGRES_EPOCH_MS) * 1000)));
  const { open, high, low, close, volume } = READ_ROW;
  [open, high, low, close, volume].forEach((at, i) => view.setFloat64(ROW_AT + at, values[i]!));
  return view;
}

/** A packer for a day of both symbols, and what it has packed. */
function packing(grid: DayGrid) {
  const wholeDay = { dayIndex: 0, fromSlot: 0, toSlot: grid.slotCount, prev: grid.open, to: grid.close };
  const into = new WindowRead([0], wholeDay, USED_ONCE);
  const part = into.parts[0]!;
  const symbols = new Map([...SYMBOLS].map(([id, symbol]) => [id, { symbol, part }]));
  let rows = 0;
  const onProgress = () => rows++;
  const packer = new RowPacker({
    into,
    grid,
    dataset: 'lean',
    prices: 'positive',
    origin: ORIGIN,
    symbols,
    onProgress,
  });
  const add = (row: TestRow) => packer.add(bytesOf(row), ROW_AT);
  return { part, quarantined: into.quarantined, add, rows: () => rows };
}

/** A row that is mostly a valid bar of the day. */
function randomRow(random: Seeded, grid: DayGrid): TestRow {
  // Mostly a minute of the day or one of the five before and after it, sometimes a time between two minutes.
  const minute = random.int(-5, (grid.close - grid.open) / MINUTE_MS + 5);
  const offsetMs = random.chance(0.05) ? random.pick([1, 30_000, 0.5]) : 0;
  const oddValues = [0, -0, -1, NaN, Infinity, -Infinity, 1e308, Number.MIN_VALUE];
  const value = (): number => (random.chance(0.02) ? random.pick(oddValues) : random.int(1, 9));
  const [open, close, volume] = [value(), value(), value()];
  const [high, low] = random.chance(0.05) ? [value(), value()] : [Math.max(open, close), Math.min(open, close)];
  const time = grid.open + minute * MINUTE_MS + offsetMs;
  return { id: random.int(1, 3), time, values: [open, high, low, close, volume] };
}

/** What the rows become by the plain rules: a chunk for each symbol, and the numbers of refused rows by symbol and reason. */
function packedPlainly(rows: readonly TestRow[], grid: DayGrid) {
  const chunks = new Map([...SYMBOLS.values()].map((symbol) => [symbol, new DayChunk(grid.slotCount)]));
  const refused = new Map<string, number>();
  for (const { id, time, values } of rows) {
    const symbol = SYMBOLS.get(id)!;
    const slot = grid.slotAt(time);
    const reason = typeof slot === 'string' ? slot : refuseValues(...values);
    if (reason) refused.set(`${symbol} ${reason}`, (refused.get(`${symbol} ${reason}`) ?? 0) + 1);
    else chunks.get(symbol)!.write(slot as number, ...values, ORIGIN, ...DATASET_AND_COUNTS);
  }
  return { chunks, refused };
}

it.each([
  ['one segment', ONE_SEGMENT],
  ['a break', WITH_BREAK],
])('I7 accepts and refuses what the plain rules accept and refuse, in any order, on a day with %s', (_name, grid) => {
  const random = seeded(21);
  const testRows = Array.from({ length: 4_000 }, () => randomRow(random, grid));
  const { part, quarantined, add, rows } = packing(grid);
  testRows.forEach(add);
  const plain = packedPlainly(testRows, grid);
  expect([...part.refused].sort()).toEqual([...plain.refused].sort());
  for (const [symbol, { bytes }] of plain.chunks) expect(Buffer.compare(part.chunks.get(symbol)!.bytes, bytes)).toBe(0);
  const refusals = [...plain.refused.values()].reduce((sum, count) => sum + count, 0);
  expect(part.bars).toBe(testRows.length - refusals);
  expect(quarantined).toHaveLength(Math.min(QUARANTINE_MAX, refusals));
  expect(rows()).toBe(testRows.length);
});

it('makes no chunk for a symbol whose rows are all refused, and quarantines the rows with their values', () => {
  const { part, quarantined, add } = packing(ONE_SEGMENT);
  const { open } = ONE_SEGMENT;
  add({ id: 1, time: open, values: [1, 1, 2, 1, 5] }); // the high 1 is below the low 2
  add({ id: 2, time: open + 0.25, values: [1, 2, 1, 1, 5] }); // a quarter of a millisecond after the minute
  expect(part.chunks.size).toBe(0);
  const highBelowLow = { open: 1, high: 1, low: 2, close: 1, volume: 5, reason: 'high-below-low' };
  const offGrid = { open: 1, high: 2, low: 1, close: 1, volume: 5, reason: 'off-grid' };
  expect(quarantined).toEqual([
    { dataset: 'lean', symbol: 'AAA', time: open, ...highBelowLow },
    { dataset: 'lean', symbol: 'BBB', time: open + 0.25, ...offGrid },
  ]);
});
