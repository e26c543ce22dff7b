/** The trading dates that got rows of an import, by symbol. Pure. */

/**
 * Local dates begin at a multiple of this in UTC, since the offsets of all time zones are multiples of it since 1972. The only
 * exceptions are changes of daylight saving at 00:01, which Newfoundland had until 2011.
 */
const QUARTER_HOUR_MS = 900_000;

/** Collects pairs of symbol and trading date. */
export class TradingDates {
  private readonly bySymbol = new Map<number, Set<string>>();
  /** Null for a quarter of an hour without a date. */
  private readonly dateOfQuarter = new Map<number, string | null>();

  /** @param dateOf returns the trading date of an open time, or undefined, the same for all times within a quarter of an hour */
  constructor(private readonly dateOf: (openTime: number) => string | undefined) {}

  add(symbolId: number, openTime: number): void {
    let dates = this.bySymbol.get(symbolId);
    if (!dates) this.bySymbol.set(symbolId, (dates = new Set()));
    const quarter = Math.floor(openTime / QUARTER_HOUR_MS);
    let date = this.dateOfQuarter.get(quarter);
    if (date === undefined) {
      date = this.dateOf(openTime) ?? null;
      this.dateOfQuarter.set(quarter, date);
    }
    if (date !== null) dates.add(date);
  }

  /** Pairs of symbol number and date. */
  entries(): [number, string][] {
    return [...this.bySymbol].flatMap(([id, dates]) => [...dates].map((date): [number, string] => [id, date]));
  }
}
