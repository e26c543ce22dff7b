import { seeded } from '../../../../test/support/data/seeded.js';
import type { Matrix } from './cells.js';
import { worstCells } from './coverage.js';

it('lists cells with holes and cells with repairs separately, worst first, and leaves out whole days', () => {
  const matrix: Matrix = {
    days: ['2024-03-04', '2024-03-05'].map((date) => ({ date, expected: 390, visible: 390 })),
    rows: new Map([
      ['A', { streamed: [390, 389], unfillable: [0, 1] }],
      ['B', { streamed: [345, 386], backfilled: [45, 2], absent: [0, 2] }],
      ['C', { streamed: [390, 390] }],
    ]),
  };
  const noOpenDay = 2; // an index after the last day
  const { missing, repaired } = worstCells(matrix, ['A', 'B', 'C'], noOpenDay);
  const named = (cells: typeof missing) => cells.map(({ symbol, date }) => `${symbol} ${date}`);
  expect(named(missing)).toEqual(['B 2024-03-05', 'A 2024-03-05']);
  expect(named(repaired)).toEqual(['B 2024-03-04', 'B 2024-03-05']);
});

it('lists at most eight cells of a kind', () => {
  const symbols = Array.from({ length: 20 }, (_, number) => `S${number}`);
  const rows = new Map(symbols.map((symbol) => [symbol, { streamed: [380], backfilled: [10] }]));
  const matrix: Matrix = { days: [{ date: '2024-03-04', expected: 390, visible: 390 }], rows };
  const noOpenDay = 1;
  expect(worstCells(matrix, symbols, noOpenDay).repaired).toHaveLength(8);
});

it('lists equally bad cells in the order of the rows and days', () => {
  const random = seeded(7);
  const symbols = Array.from({ length: 30 }, (_, number) => `S${number}`);
  const days = Array.from({ length: 40 }, (_, day) => ({ date: `day ${day}`, expected: 390, visible: 390 }));
  const counts = () => days.map(() => random.int(0, 20));
  const rows = new Map(symbols.map((symbol) => [symbol, { absent: counts(), unfillable: counts() }]));
  const cells = symbols.flatMap((symbol) => {
    const { absent, unfillable } = rows.get(symbol)!;
    return days.map(({ date }, day) => ({ symbol, date, holes: absent[day]! + unfillable[day]! }));
  });
  const expected = cells.sort((a, b) => b.holes - a.holes).slice(0, 8);
  const listed = worstCells({ days, rows }, symbols, days.length).missing;
  expect(listed.map(({ symbol, date, cell }) => ({ symbol, date, holes: cell.holes }))).toEqual(expected);
});
