/**
 * All bars of many symbols, for a copy of a session's data: one symbol after another, oldest first, in parts of several
 * days. No bar is after the clock of the first read, so that all symbols end at the same time while the session runs. A
 * part is read when the caller takes it.
 */
import type { ShownBar } from '@barkeep/bars';
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

/** Yields closed bars only, never a forming bar. @throws UnknownSymbolError, UnknownIntervalError, SessionLostError */
export async function* readAllBars(
  source: OpenSession,
  { symbols, interval, from = -Infinity, to = Infinity }: AllBarsQuery,
): AsyncGenerator<BarsPart> {
  const clock = await source.clock();
  const { layout } = source;
  const shownInterval = layout.interval(interval ?? layout.base.name) ?? layout.base;
  const [start, end] = [Math.max(from, layout.start), Math.min(to, clock)];
  for (const symbol of symbols) {
    for (
      let day = layout.dayIndexAt(start);
      day < layout.days.length && layout.grid(day).open < end;
      day += DAYS_A_PART
    ) {
      const last = Math.min(day + DAYS_A_PART, layout.days.length) - 1;
      const range = [Math.max(start, layout.grid(day).open), Math.min(end, layout.grid(last).close)] as const;
      const bars = await source.barsBetween(symbol, interval, ...range, Infinity);
      const closed = bars.filter(({ openTime }) => {
        const grid = layout.grid(layout.dayIndexAt(openTime), shownInterval);
        const slot = grid.slotAt(openTime);
        return typeof slot === 'number' && grid.closeTime(slot) <= clock;
      });
      yield { symbol, bars: closed };
    }
  }
}
