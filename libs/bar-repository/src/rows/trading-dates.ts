/** Collects the dates that an import touched, by symbol. Pure. */

const HOUR_MS = 3_600_000;

export class TradingDates {
  private readonly bySymbol = new Map<string, Set<string>>();
  private readonly dateOfHour = new Map<number, string>();

  /** @param dateOf the trading date of an open time; constant within an hour of UTC. @default the UTC date */
  constructor(private readonly dateOf: (openTime: number) => string = utcDate) {}

  add(symbol: string, openTime: number): void {
    let dates = this.bySymbol.get(symbol);
    if (!dates) this.bySymbol.set(symbol, (dates = new Set()));
    const hour = Math.floor(openTime / HOUR_MS);
    let date = this.dateOfHour.get(hour);
    if (date === undefined) this.dateOfHour.set(hour, (date = this.dateOf(openTime)));
    dates.add(date);
  }

  /** Pairs of symbol number and date. */
  entries(symbols: ReadonlyMap<string, { id: number }>): [number, string][] {
    const pairs: [number, string][] = [];
    for (const [symbol, dates] of this.bySymbol) {
      const id = symbols.get(symbol)?.id;
      if (id !== undefined) for (const date of dates) pairs.push([id, date]);
    }
    return pairs;
  }
}

function utcDate(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
