/** All bars of many symbols for a copy of a session, oldest first. The clock of the first read ends all symbols at the same time. */
import type { ShownBar } from '@barkeep/bars';
import type { SessionLayout } from '../layout/index.js';
import { checkTimes } from '../arguments.js';
import type { OpenSession } from './open-session.js';

/** Maximum number of days per part; 16 days of 390 minutes are 6,240 one-minute bars. */
const DAYS_A_PART = 16;

export interface AllBarsQuery {
  symbols: readonly string[];
  /** @default the base interval */
  interval?: string | undefined;
  /** Open times, epoch ms, end exclusive. @default all days that the session retains */
  from?: number | undefined;
  to?: number | undefined;
}

/** Consecutive bars of one symbol. */
export interface BarsPart {
  symbol: string;
  bars: ShownBar[];
}

/**
 * Yields parts of several days, each read when the caller takes it; closed bars only.
 * @throws UnknownSymbolError, UnknownIntervalError, both at the first part; SessionLostError
 */
export async function* readAllBars(
  source: OpenSession,
  { symbols, interval: intervalText, from = -Infinity, to = Infinity }: AllBarsQuery,
): AsyncGenerator<BarsPart> {
  checkTimes({ from, to });
  const clock = await source.clock();
  const { layout } = source;
  // The base interval when none is asked for. For an unknown interval any will do, because `barsBetween` throws before it is used.
  const interval = layout.interval(intervalText ?? layout.base.name) ?? layout.base;
  // A bar that opened before the clock may still be forming.
  const isClosed = ({ openTime }: ShownBar): boolean => {
    const grid = layout.grid(layout.dayIndexAt(openTime), interval);
    const slot = grid.slotAt(openTime);
    return typeof slot === 'number' && grid.closeTime(slot) <= clock;
  };
  const parts = [...partsOf(layout, Math.max(from, layout.start), Math.min(to, clock))];
  for (const symbol of symbols) {
    for (const part of parts) {
      const bars = await source.barsBetween(symbol, intervalText, part.from, part.to);
      yield { symbol, bars: bars.filter(isClosed) };
    }
  }
}

/** Splits `[start, end)`, epoch ms, into ranges of at most {@link DAYS_A_PART} days, without the nights between them. */
function* partsOf(layout: SessionLayout, start: number, end: number): Generator<{ from: number; to: number }> {
  const { days } = layout;
  for (let day = layout.dayIndexAt(start); day < days.length && layout.grid(day).open < end; day += DAYS_A_PART) {
    const lastDay = Math.min(day + DAYS_A_PART, days.length) - 1;
    yield { from: Math.max(start, layout.grid(day).open), to: Math.min(end, layout.grid(lastDay).close) };
  }
}
