/** Watches the bars of each symbol, over all files, for another interval than the import's, which a sample may not show. Pure. */
import type { Bar } from '@barkeep/bars';
import { greatestCommonDivisor, spacingText } from '../detect/index.js';
import { timeText } from '../reading/index.js';

/** Consecutive rows of a symbol whose distances have a common divisor above the interval. */
interface Stretch {
  /** The common divisor of the distances, ms. */
  divisor: number;
  /** The shortest distance, ms. */
  shortest: number;
  /** Number of distances. */
  steps: number;
  /** Times of the first and the last row, epoch ms. */
  from: number;
  to: number;
}

/** Fewest steps of a wide stretch that show another interval, if the symbol had no other distances before. */
const WIDE_STEPS_MIN = 6;
/** The same for a narrower stretch, which a quiet symbol has by chance more often. */
const NARROW_STEPS_MIN = 14;
/** A stretch whose divisor is at least this multiple of the interval is wide. */
const WIDE_RATIO = 5;
/** A symbol with at least this many distances of one interval, and no others, trades in every interval. */
const INTERVAL_STEPS_MIN = 5;

/** The distances between the rows of one symbol. */
class SymbolSpacing {
  /** The first stretch that shows another interval: it is too long to be chance, or its rows are too close. */
  found: Stretch | undefined;
  /** The stretch at the last row; undefined after a distance of one interval. */
  #stretch: Stretch | undefined;
  /** Numbers of distances before the stretch: those of one interval, and the others. */
  #intervalSteps = 0;
  #otherSteps = 0;

  /** @param last time of the first row */
  constructor(
    private readonly intervalMs: number,
    private last: number,
  ) {}

  add(openTime: number): void {
    const distance = Math.abs(openTime - this.last);
    if (distance === this.intervalMs && this.#stretch === undefined) this.#intervalSteps++;
    else if (distance > 0) this.#addStep(distance, this.last, openTime);
    this.last = openTime;
  }

  /** Extends the stretch by a distance, or ends it when the distance has no common divisor above the interval with it. */
  #addStep(distance: number, from: number, to: number): void {
    const {
      divisor,
      shortest,
      steps,
      from: start,
    } = this.#stretch ?? { divisor: 0, shortest: distance, steps: 0, from };
    const common = greatestCommonDivisor(divisor, distance);
    if (common > this.intervalMs) {
      this.#stretch = { divisor: common, shortest: Math.min(shortest, distance), steps: steps + 1, from: start, to };
      return;
    }
    this.keepIfLong();
    this.#otherSteps += steps;
    const single = { divisor: distance, shortest: distance, steps: 1, from, to };
    if (distance < this.intervalMs) this.found ??= single; // one distance is enough
    if (distance === this.intervalMs) this.#intervalSteps++;
    this.#stretch = distance > this.intervalMs ? single : undefined;
  }

  /**
   * Keeps the current stretch as found when it is too long to be chance. It must be longer after irregular distances, and may
   * be shorter when the symbol traded in every interval before.
   */
  keepIfLong(): void {
    if (this.#stretch === undefined) return;
    const isWide = this.#stretch.divisor >= WIDE_RATIO * this.intervalMs;
    const usualMin = isWide ? WIDE_STEPS_MIN : NARROW_STEPS_MIN;
    const tradedAlways = this.#otherSteps === 0 && this.#intervalSteps >= INTERVAL_STEPS_MIN;
    const stepsMin = (tradedAlways ? usualMin / 2 : usualMin) + 2 * Math.log2(1 + this.#otherSteps);
    if (this.#stretch.steps >= stepsMin) this.found ??= this.#stretch;
  }
}

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
      spacing.keepIfLong();
      const { found } = spacing;
      if (found === undefined) continue;
      const interval = spacingText(found.shortest);
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
