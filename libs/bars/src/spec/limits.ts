/**
 * How large a session may be. The limits keep creation, reading and removal of a session within seconds; the operator sets
 * them. Checked before a layout is built, because a layout of 130 years takes seconds itself. Pure.
 */
import type { FieldProblem } from './problems.js';

/** Most trading days of a session, and most symbols × trading days. */
export interface SessionLimits {
  maxDays: number;
  maxSymbolDays: number;
}

/** The size of a session that a spec describes. */
interface SessionSize {
  start: string;
  end: string;
  /** Trading days, the history included. */
  days: number;
  /** Number of symbols; undefined while they are not known. */
  symbols: number | undefined;
}

/** The limits that a session exceeds, with the figures. */
export function limitProblems({ start, end, days, symbols }: SessionSize, limits: SessionLimits): FieldProblem[] {
  if (days > limits.maxDays) {
    const expected = `at most ${amount(limits.maxDays)} trading days in a session (BARKEEP_MAX_DAYS)`;
    return [{ field: 'end', expected, was: `${amount(days)} trading days up to ${end} from ${start}` }];
  }
  if (symbols === undefined || symbols * days <= limits.maxSymbolDays) return [];
  const expected = `at most ${amount(limits.maxSymbolDays)} symbols × trading days in a session (BARKEEP_MAX_SYMBOL_DAYS)`;
  const was = `${amount(symbols)} symbols × ${amount(days)} trading days = ${amount(symbols * days)}`;
  return [{ field: 'symbols', expected, was }];
}

function amount(value: number): string {
  return value.toLocaleString('en-US');
}
