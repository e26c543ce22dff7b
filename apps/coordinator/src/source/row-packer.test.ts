import { READ_ROW } from '@barkeep/bar-repository';
import {
  calendarNamed,
  DayChunk,
  DayGrid,
  ORIGIN_CODES,
  parseInterval,
  refuseValues,
  type TradingDay,
} from '@barkeep/bars';
import { seeded } from '../../../../test/support/data/seeded.js';
import { RowPacker } from './row-packer.js';
import type { MutablePart } from './window-read.js';

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const MINUTE_MS = 60_000;
const ORIGIN = ORIGIN_CODES.streamed;
const gridOf = (calendar: string, date: string) =>
  new DayGrid(calendarNamed(calendar).tradingDay(date) as TradingDay, parseInterval('1m'));
const ONE_SEGMENT = gridOf('XNYS', '2024-11-27');
const WITH_BREAK = gridOf('XTKS', '2024-10-01');
/** Most rows that the packer keeps for the quarantine. */
const QUARANTINE_MAX = 1_000;

type Values = [open: number, high: number, low: number, close: number, volume: number];

/** Byte at which each test row begins: rows come at any byte of a buffer. */
const ROW_AT = 3;

/** A row as Postgres sends it; `time` is epoch ms, with parts of a millisecond. */
function row(id: number, time: number, values: Values): DataView {
  const view = new DataView(new ArrayBuffer(ROW_AT + READ_ROW.bytes));
  view.setInt32(ROW_AT + READ_ROW.symbolId, id);
  view.setBigInt64(ROW_AT + READ_ROW.time, BigInt(Math.round((time - POSTGRES_EPOCH_MS) * 1000)));
  const { open, high, low, close, volume } = READ_ROW;
  [open, high, low, close, volume].forEach((at, i) => view.setFloat64(ROW_AT + at, values[i]!));
  return view;
}

/** A packer for a day of the symbols AAA (id 1) and BBB (id 2), and what it has packed. */
function packing(grid: DayGrid) {
  const part: MutablePart = { partition: 0, chunks: new Map(), bars: 0, refused: new Map() };
  const symbols = new Map(['AAA', 'BBB'].map((symbol, i) => [i + 1, { symbol, part }]));
  const target = {
    grid,
    dataset: 'lean',
    origin: ORIGIN,
    symbols,
    quarantined: [],
    prices: 'positive' as const,
    newChunk: () => new DayChunk(grid.slotCount),
  };
  let rows = 0;
  const packer = new RowPacker({ ...target, onRow: () => rows++ });
  const add = (id: number, time: number, values: Values) => packer.add(row(id, time, values), ROW_AT);
  return { part, quarantined: target.quarantined as unknown[], add, rows: () => rows };
}

it.each([
  ['one segment', ONE_SEGMENT],
  ['a break', WITH_BREAK],
])('I7 accepts and refuses what the plain rules accept and refuse, in any order, on a day with %s', (_name, grid) => {
  const rowCount = 4_000;
  const random = seeded(21);
  const oddValues = [0, -0, -1, NaN, Infinity, -Infinity, 1e308, Number.MIN_VALUE];
  const { part, quarantined, add, rows } = packing(grid);
  const plain = new Map(['AAA', 'BBB'].map((symbol) => [symbol, new DayChunk(grid.slotCount)]));
  const refused = new Map<string, number>();
  for (let i = 0; i < rowCount; i++) {
    const id = random.int(1, 3);
    const symbol = id === 1 ? 'AAA' : 'BBB';
    // Mostly a minute of the day or one of the five before and after it, sometimes a time between two minutes.
    const minute = random.int(-5, (grid.close - grid.open) / MINUTE_MS + 5);
    const offsetMs = random.chance(0.05) ? random.pick([1, 30_000, 0.5]) : 0;
    const time = grid.open + minute * MINUTE_MS + offsetMs;
    const value = (): number => (random.chance(0.02) ? random.pick(oddValues) : random.int(1, 9));
    const [open, close, volume] = [value(), value(), value()];
    const [high, low] = random.chance(0.05) ? [value(), value()] : [Math.max(open, close), Math.min(open, close)];
    add(id, time, [open, high, low, close, volume]);
    const slot = grid.slotAt(time);
    const reason = typeof slot === 'string' ? slot : refuseValues(open, high, low, close, volume);
    if (reason) refused.set(`${symbol} ${reason}`, (refused.get(`${symbol} ${reason}`) ?? 0) + 1);
    else plain.get(symbol)!.write(slot as number, open, high, low, close, volume, ORIGIN, 0, 1, 1);
  }
  expect([...part.refused].sort()).toEqual([...refused].sort());
  for (const [symbol, chunk] of plain) expect(Buffer.compare(part.chunks.get(symbol)!.bytes, chunk.bytes)).toBe(0);
  const refusals = [...refused.values()].reduce((sum, count) => sum + count, 0);
  expect(part.bars).toBe(rowCount - refusals);
  expect(quarantined).toHaveLength(Math.min(QUARANTINE_MAX, refusals));
  expect(rows()).toBe(rowCount);
});

it('makes no chunk for a symbol whose rows are all refused, and quarantines the rows with their values', () => {
  const { part, quarantined, add } = packing(ONE_SEGMENT);
  const { open } = ONE_SEGMENT;
  add(1, open, [1, 1, 2, 1, 5]);
  add(2, open + 0.25, [1, 2, 1, 1, 5]);
  expect(part.chunks.size).toBe(0);
  expect(quarantined).toEqual([
    {
      dataset: 'lean',
      symbol: 'AAA',
      time: open,
      open: 1,
      high: 1,
      low: 2,
      close: 1,
      volume: 5,
      reason: 'high-below-low',
    },
    {
      dataset: 'lean',
      symbol: 'BBB',
      time: open + 0.25,
      open: 1,
      high: 2,
      low: 1,
      close: 1,
      volume: 5,
      reason: 'off-grid',
    },
  ]);
});
