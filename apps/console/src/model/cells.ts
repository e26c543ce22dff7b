/**
 * The matrix of symbols and trading days of a session or a dataset: the state of each cell, and the order of the rows. Pure.
 * A cell is one symbol on one day. When the clock has closed the day, the cell has the worst state of its slots: one unfillable slot makes
 * the whole cell unfillable.
 */
import { namedCounts, numberText } from './texts.js';

/**
 * The name, letter and explanation of each state, in the order of the legend, which shows the letter. A repaired, absent or unfillable cell
 * shows a count, or the letter when the count has too many digits. States whose cells are drawn without a sign have no letter.
 */
export const STATE_WORDS = {
  whole: { name: 'whole', letter: '', help: 'every bar came with the stream' },
  repaired: { name: 'repaired', letter: 'r', help: 'missing bars were fetched from a repository' },
  'no-trade': {
    name: 'no trade',
    letter: '·',
    help: 'a complete source confirms that nothing traded in the empty minutes',
  },
  absent: {
    name: 'absent',
    letter: '?',
    help: 'a repository did not have the bars and is asked again, or there is none to ask',
  },
  unfillable: { name: 'unfillable', letter: '!', help: 'given up after all attempts' },
  'in-progress': {
    name: 'in progress',
    letter: '',
    help: 'being read or repaired, or the clock has not closed the day',
  },
  'after-clock': { name: 'after the clock', letter: '', help: 'not read yet' },
} as const;
export type CellState = keyof typeof STATE_WORDS;
export const CELL_STATES = Object.keys(STATE_WORDS) as CellState[];

export interface MatrixDay {
  date: string;
  /** Slots per symbol. */
  expected: number;
  /** Slots per symbol that the view shows: up to the clock, or up to the frontier in the operator's view. */
  visible: number;
}

/** The kinds of slots that are counted per cell. */
export const COUNTS = ['streamed', 'backfilled', 'noTrade', 'absent', 'unfillable'] as const;
export type CountName = (typeof COUNTS)[number];

/** Counts of one symbol: per kind, one number for each day. A kind whose numbers are all 0 is left out. */
export type RowCounts = { readonly [Name in CountName]?: readonly number[] };

export interface Matrix<Day = MatrixDay> {
  days: readonly Day[];
  /** By symbol. A map, because a symbol may be called `constructor`. */
  rows: ReadonlyMap<string, RowCounts>;
}

export interface MatrixCell extends Record<CountName, number> {
  state: CellState;
  expected: number;
  /** Number of absent and unfillable slots. */
  holes: number;
}

/**
 * One cell with its counts and state. A picture has thousands of cells, so the counts are written out: to make the object from
 * {@link COUNTS} takes a hundred times as long.
 * @param openDay index of the first day that the clock has not closed
 */
export function cellOf(matrix: Matrix, symbol: string, day: number, openDay: number): MatrixCell {
  const row = matrix.rows.get(symbol) ?? {};
  return {
    expected: matrix.days[day]!.expected,
    streamed: countOf(row, 'streamed', day),
    backfilled: countOf(row, 'backfilled', day),
    noTrade: countOf(row, 'noTrade', day),
    absent: countOf(row, 'absent', day),
    unfillable: countOf(row, 'unfillable', day),
    holes: holesOfCell(row, day),
    state: stateOf(matrix, row, day, openDay),
  };
}

/** Slots of a cell with this count; 0 in a row without it. */
export function countOf(row: RowCounts, name: CountName, day: number): number {
  return row[name]?.[day] ?? 0;
}

/** Slots of a cell that are absent or unfillable. */
export function holesOfCell(row: RowCounts, day: number): number {
  return countOf(row, 'absent', day) + countOf(row, 'unfillable', day);
}

/** The state of a cell. Makes no object: a filter looks at millions of cells. */
function stateOf(matrix: Matrix, row: RowCounts, day: number, openDay: number): CellState {
  const { visible, expected } = matrix.days[day]!;
  if (visible === 0) return 'after-clock';
  if (day >= openDay) return 'in-progress';
  if (countOf(row, 'unfillable', day) > 0) return 'unfillable';
  if (countOf(row, 'absent', day) > 0) return 'absent';
  const [backfilled, noTrade] = [countOf(row, 'backfilled', day), countOf(row, 'noTrade', day)];
  // Each slot of a finished day is in one of the counts. Otherwise slots of the day are missing or not read yet.
  if (countOf(row, 'streamed', day) + backfilled + noTrade < expected) return 'in-progress';
  if (backfilled > 0) return 'repaired';
  return noTrade > 0 ? 'no-trade' : 'whole';
}

export type RowOrder = 'worst' | 'name';

/**
 * The symbols in `order`; when `state` is given, only those with a cell in that state.
 * @param openDay as in {@link cellOf}; by default all days are closed
 */
export function orderedSymbols(matrix: Matrix, order: RowOrder, state?: CellState, openDay = Infinity): string[] {
  const symbols = [...matrix.rows.keys()];
  const hasState = (symbol: string) => {
    const row = matrix.rows.get(symbol)!;
    return matrix.days.some((_, day) => stateOf(matrix, row, day, openDay) === state);
  };
  const byName = (state === undefined ? symbols : symbols.filter(hasState)).sort();
  if (order === 'name') return byName;
  const badness = new Map(byName.map((symbol) => [symbol, badnessOf(matrix.rows.get(symbol)!)]));
  return byName.sort((a, b) => badness.get(b)! - badness.get(a)!); // rows that are equally bad stay in the order of their names
}

/** A row with more holes is always worse: it is assumed that no row has a million repairs. */
const REPAIRS_PER_HOLE = 1e6;
/** Minutes without a trade weigh little: a thousand of them are as bad as one repair. */
const NO_TRADES_PER_REPAIR = 1e3;

/** How bad a row is: the number of repairs (backfilled slots) that would be equally bad. */
function badnessOf(row: RowCounts): number {
  const holes = sum(row.absent) + sum(row.unfillable);
  return holes * REPAIRS_PER_HOLE + sum(row.backfilled) + sum(row.noTrade) / NO_TRADES_PER_REPAIR;
}

function sum(values: readonly number[] = []): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A cell in one sentence, for the line below the picture and for screen readers. */
export function describeCell(symbol: string, date: string, cell: MatrixCell): string {
  const counts = namedCounts([
    [cell.streamed, 'streamed'],
    [cell.backfilled, 'backfilled'],
    [cell.noTrade, 'without trade'],
    [cell.absent, 'absent'],
    [cell.unfillable, 'unfillable'],
  ]);
  const rest = counts ? `: ${counts} of ${numberText(cell.expected)}` : '';
  return `${symbol} on ${date} is ${STATE_WORDS[cell.state].name}${rest}`;
}
