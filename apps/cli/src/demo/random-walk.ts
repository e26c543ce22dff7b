/** Pseudo-random prices, the same on every machine. Pure. */
import type { Bar, TradingDay } from '@barkeep/bars';

export const MINUTE_MS = 60_000;

export interface MarketBar extends Bar {
  symbol: string;
}

/** Mulberry32: a small generator of numbers from 0 (included) to 1 (excluded). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One-minute bars of a symbol for every minute of the days: a random walk in whole cents. */
export function walk(symbol: string, days: readonly TradingDay[], random: () => number): MarketBar[] {
  let cents = 2_000 + Math.floor(random() * 30_000);
  return days.flatMap(({ segments }) =>
    segments.flatMap(({ open, close }) => {
      const bars: MarketBar[] = [];
      for (let openTime = open; openTime < close; openTime += MINUTE_MS) {
        const bar = barFrom(cents, openTime, random);
        cents = Math.round(bar.close * 100);
        bars.push({ symbol, ...bar });
      }
      return bars;
    }),
  );
}

function barFrom(openCents: number, openTime: number, random: () => number): Bar {
  const step = (): number => Math.floor(random() * random() * openCents * 0.002);
  const closeCents = Math.max(100, openCents + step() - step());
  const highCents = Math.max(openCents, closeCents) + step();
  const lowCents = Math.max(1, Math.min(openCents, closeCents) - step());
  const [open, high, low, close] = [openCents / 100, highCents / 100, lowCents / 100, closeCents / 100];
  return { openTime, open, high, low, close, volume: 100 + Math.floor(random() * 9_900) };
}
