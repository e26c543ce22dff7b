/** Watches all bars of each symbol for another interval than that of the import, which a file's sample may not show. Pure. */
import type { Bar } from '@barkeep/bars';
import { greatestCommonDivisor, spacingText } from '../detect/index.js';
import { timeText } from '../reading/index.js';

/** Consecutive rows of a symbol whose distances have a common divisor above the interval. */
interface Stretch {
  /** The common divisor of the distances, ms. */
  divisor: number;
  /** The smallest distance, ms. */
  least: number;
  /** Number of distances. */
  steps: number;
  /** Times of the first and the last row, epoch ms. */
  from: number;
  to: number;
}

/** Fewest steps of a stretch that show another interval, if the symbol had no other distances before. */
const WIDE_STEPS_MIN = 6;
/** The same for a stretch of less than five times the interval, which a quiet symbol has by chance more often. */
const NEAR_STEPS_MIN = 14;
/** From this multiple of the interval on, a stretch counts as wide. */
const WIDE_RATIO = 5;
/** Distances of one interval after which a symbol counts as one that trades in every interval. */
const DENSE_MIN = 5;

/** The distances between the rows of one symbol. */
class SymbolSpacing {
  /** The first stretch that shows another interval: it is too long to be chance, or its rows are too close. */
  found: Stretch | undefined;
  /** The stretch at the last row; undefined after a distance of one interval. */
  #stretch: Stretch | undefined;
  /** Number of distances before the stretch: those of one interval, and the others. */
  #dense = 0;
  #sparse = 0;

  /** @param last time of the first row */
  constructor(
    private readonly intervalMs: number,
    private last: number,
  ) {}

  add(openTime: number): void {
    const distance = Math.abs(openTime - this.last);
    if (distance === this.intervalMs && this.#stretch === undefined) this.#dense++;
    else if (distance > 0) this.#step(distance, this.last, openTime);
    this.last = openTime;
  }

  /** Extends the stretch by a distance, or ends it when the distance has no common divisor above the interval with it. */
  #step(distance: number, from: number, to: number): void {
    const { divisor, least, steps, from: start } = this.#stretch ?? { divisor: 0, least: distance, steps: 0, from };
    const common = greatestCommonDivisor(divisor, distance);
    if (common > this.intervalMs) {
      this.#stretch = { divisor: common, least: Math.min(least, distance), steps: steps + 1, from: start, to };
      return;
    }
    this.judge();
    this.#sparse += steps;
    const single = { divisor: distance, least: distance, steps: 1, from, to };
    if (distance < this.intervalMs) this.found ??= single; // one distance is enough
    if (distance === this.intervalMs) this.#dense++;
    this.#stretch = distance > this.intervalMs ? single : undefined;
  }

  /**
   * Keeps the current stretch as found when it is too long to be chance. It must be longer after irregular distances, and may
   * be shorter when the symbol traded in every interval before.
   */
  judge(): void {
    if (this.#stretch === undefined) return;
    const isWide = this.#stretch.divisor >= WIDE_RATIO * this.intervalMs;
    const base = isWide ? WIDE_STEPS_MIN : NEAR_STEPS_MIN;
    const isDense = this.#sparse === 0 && this.#dense >= DENSE_MIN;
    const needed = (isDense ? base / 2 : base) + 2 * Math.log2(1 + this.#sparse);
    if (this.#stretch.steps >= needed) this.found ??= this.#stretch;
  }
}

/** Finds stretches of rows of a symbol, over all files, that have another interval than the import. */
export class SpacingWatch {
  readonly #bySymbol = new Map<string, SymbolSpacing>();

  constructor(private readonly intervalMs: number) {}

  /** @param bars in the order of the rows, at least one */
  add(symbol: string, bars: readonly Bar[]): void {
    const spacing = this.#bySymbol.get(symbol) ?? new SymbolSpacing(this.intervalMs, bars[0]!.openTime);
    this.#bySymbol.set(symbol, spacing);
    for (const { openTime } of bars) spacing.add(openTime);
  }

  /** One warning for each other interval. It names the first symbol that has it, and counts the others. */
  warnings(): string[] {
    const byInterval = new Map<string, { symbols: string[]; stretch: Stretch }>();
    for (const [symbol, spacing] of this.#bySymbol) {
      spacing.judge();
      const { found } = spacing;
      if (found === undefined) continue;
      const interval = spacingText(found.least);
      const known = byInterval.get(interval) ?? { symbols: [], stretch: found };
      known.symbols.push(symbol);
      byInterval.set(interval, known);
    }
    return [...byInterval].map(([interval, { symbols, stretch }]) => {
      const others = symbols.length > 1 ? ` and of ${symbols.length - 1} other symbols` : '';
      const [from, to] = [stretch.from, stretch.to].toSorted((a, b) => a - b).map(timeText); // a file may be newest first
      return (
        `rows of ${symbols[0]}${others} are ${interval} steps apart from ${from} to ${to}, and were read as ${spacingText(this.intervalMs)} bars: ` +
        `import ${interval} bars into a dataset of their own, with --interval`
      );
    });
  }
}
