import { cellOf, describeCell, orderedSymbols, type Matrix, type RowCounts } from './cells.js';

const DAYS = ['2024-03-04', '2024-03-05', '2024-03-06'].map((date) => ({ date, expected: 390, visible: 390 }));

function matrix(rows: Record<string, RowCounts>, days = DAYS): Matrix {
  return { days, rows: new Map(Object.entries(rows)) };
}

/** The cell of symbol A on the first day, after the clock has closed all days. */
const closedCell = (counts: RowCounts) => cellOf(matrix({ A: counts }), 'A', 0, DAYS.length);

describe('a cell', () => {
  it.each<[string, RowCounts]>([
    ['whole', { streamed: [390] }],
    ['repaired', { streamed: [380], backfilled: [10] }],
    ['no-trade', { streamed: [389], noTrade: [1] }],
    ['absent', { streamed: [380], backfilled: [9], absent: [1] }],
    ['unfillable', { streamed: [388], absent: [1], unfillable: [1] }],
    ['in-progress', { streamed: [200] }],
  ])('is %s', (state, counts) => {
    expect(closedCell(counts).state).toBe(state);
  });

  /** The clock has closed only the first day. */
  const [secondDay, openDay] = [1, 1];

  it('is after the clock while nothing of its day is shown', () => {
    const days = [DAYS[0]!, { ...DAYS[1]!, visible: 0 }];
    expect(cellOf(matrix({ A: { streamed: [390, 0] } }, days), 'A', secondDay, openDay).state).toBe('after-clock');
  });

  it('is in progress when it is stored and the clock has not closed its day', () => {
    const stored = matrix({ A: { streamed: [390, 389], absent: [0, 1] } });
    expect(cellOf(stored, 'A', secondDay, openDay).state).toBe('in-progress');
  });

  it('takes so little time that thousands are drawn while a user scrolls', () => {
    const days = matrix({ A: { streamed: [390, 380, 0], absent: [0, 10, 0] } });
    const before = process.cpuUsage();
    for (let cell = 0; cell < 200_000; cell++) cellOf(days, 'A', cell % DAYS.length, openDay);
    expect(process.cpuUsage(before).user).toBeLessThan(300_000); // microseconds
  });

  it('is described with its counts', () => {
    const text = describeCell('A', '2024-03-04', closedCell({ streamed: [387], unfillable: [3] }));
    expect(text).toBe('A on 2024-03-04 is unfillable: 387 streamed, 3 unfillable of 390');
  });
});

describe('the rows', () => {
  const rows = matrix({
    WHOLE: { streamed: [390, 390, 390] },
    REPAIRED: { streamed: [390, 300, 390], backfilled: [0, 90, 0] },
    // A symbol with a name that every object has as a property.
    constructor: { streamed: [389, 390, 390], unfillable: [1, 0, 0] },
  });

  it('are ordered: those with holes first, then those with repairs, and whole ones last', () => {
    expect(orderedSymbols(rows, 'worst')).toEqual(['constructor', 'REPAIRED', 'WHOLE']);
  });

  it('can be ordered by name', () => {
    expect(orderedSymbols(rows, 'name')).toEqual(['REPAIRED', 'WHOLE', 'constructor']);
  });

  it('can be limited to those with a cell in one state', () => {
    expect(orderedSymbols(rows, 'name', 'repaired', DAYS.length)).toEqual(['REPAIRED']);
  });
});
