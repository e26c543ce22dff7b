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

  it('is in progress while the clock has not closed its day, even when every slot is stored or absent', () => {
    const stored = matrix({ A: { streamed: [390, 389], absent: [0, 1] } });
    expect(cellOf(stored, 'A', secondDay, openDay).state).toBe('in-progress');
  });

  it('the description of a cell has its state and counts', () => {
    const text = describeCell('A', '2024-03-04', closedCell({ streamed: [387], unfillable: [3] }));
    expect(text).toBe('A on 2024-03-04 is unfillable: 387 streamed, 3 unfillable of 390');
    const wholeDay = matrix({ A: { streamed: [1_440] } }, [{ date: '2024-03-04', expected: 1_440, visible: 1_440 }]);
    const cell = cellOf(wholeDay, 'A', 0, 1);
    expect(describeCell('A', '2024-03-04', cell)).toBe('A on 2024-03-04 is whole: 1,440 streamed of 1,440');
  });
});

describe('the rows', () => {
  const rows = matrix({
    WHOLE: { streamed: [390, 390, 390] },
    REPAIRED: { streamed: [390, 300, 390], backfilled: [0, 90, 0] },
    // A symbol with a name that every object has as a property.
    constructor: { streamed: [389, 390, 390], unfillable: [1, 0, 0] },
  });

  it('the order "worst" has rows with holes first, then rows with repairs, and whole rows last', () => {
    expect(orderedSymbols(rows, 'worst')).toEqual(['constructor', 'REPAIRED', 'WHOLE']);
  });

  it('the order "name" compares the names of the symbols', () => {
    expect(orderedSymbols(rows, 'name')).toEqual(['REPAIRED', 'WHOLE', 'constructor']);
  });

  it('with a state, only rows with a cell in this state are returned', () => {
    expect(orderedSymbols(rows, 'name', 'repaired', DAYS.length)).toEqual(['REPAIRED']);
  });
});
