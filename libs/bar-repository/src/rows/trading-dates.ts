/** Collects the dates that an import touched, by symbol. Pure. */

const HOUR_MS = 3_600_000;

export class TradingDates {
  private readonly bySymbol = new Map<number, Set<string>>();
  private readonly dateOfHour = new Map<number, string>();

  /** @param dateOf the trading date of an open time; constant within an hour of UTC. @default the UTC date */
  constructor(private readonly dateOf: (openTime: number) => string = utcDate) {}

  add(symbolId: number, openTime: number): void {
    let dates = this.bySymbol.get(symbolId);
    if (!dates) this.bySymbol.set(symbolId, (dates = new Set()));
    const hour = Math.floor(openTime / HOUR_MS);
    let date = this.dateOfHour.get(hour);
    if (date === undefined) this.dateOfHour.set(hour, (date = this.dateOf(openTime)));
    dates.add(date);
  }

  /** Pairs of symbol number and date. */
  entries(): [number, string][] {
    return [...this.bySymbol].flatMap(([id, dates]) => [...dates].map((date): [number, string] => [id, date]));
  }
}

function utcDate(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
