/**
 * The matrix symbol × trading day of a session or a dataset: what each cell means, and how the rows are ordered. Pure.
 * The state of a cell is the worst state of that day's slots.
 */
import { namedCounts } from './texts.js';

/**
 * The words for each state, and the letter that a wide cell shows. From the best to the worst; the last two are states of
 * days that are not finished.
 */
export const STATE_WORDS = {
  whole: { name: 'whole', letter: '', help: 'every bar came with the stream' },
  repaired: { name: 'repaired', letter: 'r', help: 'missing bars were fetched from a repository' },
  'no-trade': {
    name: 'no trade',
    letter: '·',
    help: 'a complete source confirms that nothing traded in the empty minutes',
  },
  absent: { name: 'absent', letter: '?', help: 'a repository was asked and did not have the bars; it is asked again' },
  unfillable: { name: 'unfillable', letter: '!', help: 'given up after all attempts' },
  'in-progress': { name: 'in progress', letter: '', help: 'being read or repaired; strategies do not see it yet' },
  'after-clock': { name: 'after the clock', letter: '', help: 'not read yet' },
} as const;
export type CellState = keyof typeof STATE_WORDS;
export const CELL_STATES = Object.keys(STATE_WORDS) as CellState[];

/** One trading day of a matrix. */
export interface MatrixDay {
  date: string;
  /** Slots of one symbol. */
  expected: number;
  /** Slots of one symbol that are shown: up to the clock, or up to the frontier in the operator's view. */
  visible: number;
}

/** What the slots of a cell are counted by. */
const COUNTS = ['streamed', 'backfilled', 'noTrade', 'absent', 'unfillable'] as const;
type CountName = (typeof COUNTS)[number];

/** Counts of one symbol, a number for each day; an array of only zeros is left out. */
export type RowCounts = { readonly [Name in CountName]?: readonly number[] };

export interface Matrix {
  days: readonly MatrixDay[];
  /** By symbol. A map, because a symbol may be called `constructor`. */
  rows: ReadonlyMap<string, RowCounts>;
}

export interface MatrixCell extends Record<CountName, number> {
  state: CellState;
  expected: number;
  visible: number;
  /** Slots without a bar that nothing explains. */
  holes: number;
}

/** One cell. @param openDay index of the first day that the clock has not closed */
export function cellOf(matrix: Matrix, symbol: string, day: number, openDay: number): MatrixCell {
  const { expected, visible } = matrix.days[day]!;
  const row = matrix.rows.get(symbol);
  const count = (name: CountName) => row?.[name]?.[day] ?? 0;
  const [absent, unfillable] = [count('absent'), count('unfillable')];
  const [streamed, backfilled, noTrade] = [count('streamed'), count('backfilled'), count('noTrade')];
  const holes = absent + unfillable;
  const counts = { expected, visible, streamed, backfilled, noTrade, absent, unfillable, holes };
  return { ...counts, state: stateOf(counts, streamed + backfilled + noTrade + holes, day >= openDay) };
}

function stateOf(counts: Omit<MatrixCell, 'state'>, settled: number, isAfterClock: boolean): CellState {
  if (counts.visible === 0) return 'after-clock';
  if (!isAfterClock && counts.unfillable > 0) return 'unfillable';
  if (!isAfterClock && counts.absent > 0) return 'absent';
  if (isAfterClock || settled < counts.expected) return 'in-progress';
  if (counts.backfilled > 0) return 'repaired';
  return counts.noTrade > 0 ? 'no-trade' : 'whole';
}

export type RowOrder = 'worst' | 'name';

/** The symbols whose row has a cell in `state` (any when undefined), in order. */
export function orderedSymbols(matrix: Matrix, order: RowOrder, state?: CellState, openDay = Infinity): string[] {
  const all = [...matrix.rows.keys()];
  const shown = state === undefined ? all : all.filter((symbol) => hasState(matrix, symbol, state, openDay));
  if (order === 'name') return shown.sort(compareNames);
  const badness = new Map(shown.map((symbol) => [symbol, badnessOf(matrix.rows.get(symbol)!)]));
  return shown.sort((a, b) => badness.get(b)! - badness.get(a)! || compareNames(a, b));
}

function hasState(matrix: Matrix, symbol: string, state: CellState, openDay: number): boolean {
  return matrix.days.some((_, day) => cellOf(matrix, symbol, day, openDay).state === state);
}

/** Holes weigh more than any number of repairs. */
function badnessOf(row: RowCounts): number {
  return (sum(row.absent) + sum(row.unfillable)) * 1e6 + sum(row.backfilled) + sum(row.noTrade) / 1e3;
}

function sum(values: readonly number[] = []): number {
  return values.reduce((total, value) => total + value, 0);
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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
  const rest = counts ? `: ${counts} of ${cell.expected}` : '';
  return `${symbol} on ${date} is ${STATE_WORDS[cell.state].name}${rest}`;
}

/** A matrix in which the days and rows of a newer answer replace the old ones. */
export function mergeMatrix(
  matrix: Matrix | undefined,
  days: readonly MatrixDay[],
  rows: ReadonlyMap<string, RowCounts>,
): Matrix {
  if (matrix === undefined || matrix.days.length === days.length) {
    return { days, rows: new Map([...(matrix?.rows ?? []), ...rows]) };
  }
  const at = matrix.days.findIndex(({ date }) => date === days[0]?.date);
  if (at < 0) return matrix;
  const merged = new Map(matrix.rows);
  for (const [symbol, row] of rows) {
    merged.set(symbol, replaceDays(merged.get(symbol) ?? {}, row, at, days.length, matrix.days.length));
  }
  return { days: matrix.days.toSpliced(at, days.length, ...days), rows: merged };
}

function replaceDays(old: RowCounts, newer: RowCounts, at: number, count: number, length: number): RowCounts {
  const row: { [Name in CountName]?: readonly number[] } = {};
  for (const name of COUNTS) {
    if (old[name] === undefined && newer[name] === undefined) continue;
    const values = [...(old[name] ?? Array.from({ length }, () => 0))];
    for (let day = 0; day < count; day++) values[at + day] = newer[name]?.[day] ?? 0;
    row[name] = values;
  }
  return row;
}
