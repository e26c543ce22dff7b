import { READ_ROW } from '@barkeep/bar-repository';
import { calendarNamed, DayChunk, DayGrid, parseInterval, refuseValues, type TradingDay } from '@barkeep/bars';
import { seeded } from '../../../../test/support/data/seeded.js';
import { RowPacker } from './row-packer.js';
import type { MutablePart } from './window-read.js';

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const BASE = parseInterval('1m');
const [WHOLE, WITH_BREAK] = (
  [
    ['XNYS', '2024-11-27'],
    ['XTKS', '2024-10-01'],
  ] as const
).map(([name, date]) => new DayGrid(calendarNamed(name).tradingDay(date) as TradingDay, BASE)) as [DayGrid, DayGrid];

type Values = [open: number, high: number, low: number, close: number, volume: number];

/** A row as Postgres sends it; `time` is epoch ms, with parts of a millisecond. */
function row(id: number, time: number, values: Values): DataView {
  const view = new DataView(new ArrayBuffer(READ_ROW.bytes + 3));
  view.setInt32(3 + READ_ROW.symbolId, id);
  view.setBigInt64(3 + READ_ROW.time, BigInt(Math.round((time - POSTGRES_EPOCH_MS) * 1000)));
  const { open, high, low, close, volume } = READ_ROW;
  [open, high, low, close, volume].forEach((at, i) => view.setFloat64(3 + at, values[i]!));
  return view;
}

function packing(grid: DayGrid) {
  const part: MutablePart = { partition: 0, chunks: new Map(), bars: 0, refused: new Map() };
  const symbols = new Map(['AAA', 'BBB'].map((symbol, i) => [i + 1, { symbol, part }]));
  const target = {
    grid,
    dataset: 'lean',
    origin: 1,
    symbols,
    quarantined: [],
    prices: 'positive' as const,
    newChunk: () => new DayChunk(grid.slotCount),
  };
  let rows = 0;
  const packer = new RowPacker({ ...target, onRow: () => rows++ });
  const add = (id: number, time: number, values: Values) => packer.add(row(id, time, values), 3);
  return { part, quarantined: target.quarantined as unknown[], add, rows: () => rows };
}

it.each([
  ['one segment', WHOLE],
  ['a break', WITH_BREAK],
])('I7 accepts and refuses what the plain rules accept and refuse, in any order, on a day with %s', (_name, grid) => {
  const random = seeded(21);
  const odd = [0, -0, -1, NaN, Infinity, -Infinity, 1e308, Number.MIN_VALUE];
  const { part, quarantined, add, rows } = packing(grid);
  const plain = new Map(['AAA', 'BBB'].map((symbol) => [symbol, new DayChunk(grid.slotCount)]));
  const refused = new Map<string, number>();
  for (let i = 0; i < 4_000; i++) {
    const id = random.int(1, 3);
    const symbol = id === 1 ? 'AAA' : 'BBB';
    const offset = random.chance(0.05) ? random.pick([1, 30_000, 0.5]) : 0;
    const time = grid.open + random.int(-5, (grid.close - grid.open) / 60_000 + 5) * 60_000 + offset;
    const value = (): number => (random.chance(0.02) ? random.pick(odd) : random.int(1, 9));
    const [open, close, volume] = [value(), value(), value()];
    const [high, low] = random.chance(0.05) ? [value(), value()] : [Math.max(open, close), Math.min(open, close)];
    add(id, time, [open, high, low, close, volume]);
    const slot = grid.slotAt(time);
    const reason = typeof slot === 'string' ? slot : refuseValues(open, high, low, close, volume);
    if (reason) refused.set(`${symbol} ${reason}`, (refused.get(`${symbol} ${reason}`) ?? 0) + 1);
    else plain.get(symbol)!.write(slot as number, open, high, low, close, volume, 1, 0, 1, 1);
  }
  expect([...part.refused].sort()).toEqual([...refused].sort());
  for (const [symbol, chunk] of plain) expect(Buffer.compare(part.chunks.get(symbol)!.bytes, chunk.bytes)).toBe(0);
  const refusals = [...refused.values()].reduce((sum, count) => sum + count, 0);
  expect(part.bars).toBe(4_000 - refusals);
  expect(quarantined).toHaveLength(Math.min(1_000, refusals));
  expect(rows()).toBe(4_000);
});

it('makes no chunk for a symbol whose rows are all refused, and keeps them with their values', () => {
  const { part, quarantined, add } = packing(WHOLE);
  add(1, WHOLE.open, [1, 1, 2, 1, 5]);
  add(2, WHOLE.open + 0.25, [1, 2, 1, 1, 5]);
  expect(part.chunks.size).toBe(0);
  expect(quarantined).toEqual([
    {
      dataset: 'lean',
      symbol: 'AAA',
      time: WHOLE.open,
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
      time: WHOLE.open + 0.25,
      open: 1,
      high: 2,
      low: 1,
      close: 1,
      volume: 5,
      reason: 'off-grid',
    },
  ]);
});
