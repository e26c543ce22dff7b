/**
 * A small deterministic market for tests: a random walk for each symbol over the slots of a calendar. The same seed
 * gives the same market on every machine. The importer stores it in PostgreSQL.
 */
import { BarImporter, createDataSource, migrate, type ImportOptions } from '@barkeep/bar-repository';
import { calendarNamed, DayGrid, parseInterval, type Bar, type TradingDay } from '@barkeep/bars';

/**
 * Mulberry32, a published generator of pseudo-random numbers in [0, 1). The digests that tests expect depend on its
 * sequence.
 */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** The bars of each symbol in the order of time. */
export type BarsBySymbol = Map<string, Bar[]>;

interface MarketOptions {
  symbols: readonly string[];
  /** Trading dates, both included. */
  start: string;
  end: string;
  seed: number;
  /** @default 'XNYS' */
  calendar?: string;
}

/** The trading days from `start` to `end`, both included, regular hours. */
export function tradingDays({ start, end, calendar = 'XNYS' }: Omit<MarketOptions, 'symbols' | 'seed'>): TradingDay[] {
  return calendarNamed(calendar).tradingDays(start, end, 'regular');
}

/** A complete one-minute market: every symbol has a bar in every slot. */
export function marketBars({ symbols, seed, ...dates }: MarketOptions): BarsBySymbol {
  const random = mulberry32(seed);
  const grids = tradingDays(dates).map((day) => new DayGrid(day, parseInterval('1m')));
  return new Map(
    symbols.map((symbol) => {
      let price = 50 + Math.floor(random() * 100);
      const bars = grids.flatMap((grid) =>
        Array.from({ length: grid.slotCount }, (_, slot): Bar => {
          const open = price;
          price = Math.max(1, Math.round((price + random() - 0.5) * 100) / 100);
          const [high, low] = [Math.max(open, price) + 0.01, Math.min(open, price) - 0.01];
          return { openTime: grid.openTime(slot), open, high, low, close: price, volume: Math.floor(random() * 1e4) };
        }),
      );
      return [symbol, bars];
    }),
  );
}

/** The market without a share of its bars, chosen at random. @param share 0 to 1 */
export function holey(market: BarsBySymbol, share: number, seed: number): BarsBySymbol {
  const random = mulberry32(seed);
  return new Map([...market].map(([symbol, bars]) => [symbol, bars.filter(() => random() >= share)]));
}

/** Adds bars to a dataset. Creates the schema if it is missing. */
export async function writeBars(
  databaseUrl: string,
  dataset: string,
  market: BarsBySymbol,
  options: ImportOptions = {},
): Promise<void> {
  const dataSource = await createDataSource(databaseUrl).initialize();
  try {
    await migrate(dataSource);
    const importer = await BarImporter.open(dataSource, dataset, options);
    for (const [symbol, bars] of market) await importer.write(symbol, bars);
    await importer.finish();
  } finally {
    await dataSource.destroy();
  }
}
