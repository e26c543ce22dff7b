/** Watches the bars of each symbol, over all files, for another interval than the import's, which a sample may not show. Pure. */
import { type Bar, greatestCommonDivisor } from '@barkeep/bars';
import { spacingText } from '../detect/index.js';
import { timeText } from '../reading/index.js';

/**
 * Steps of a symbol that may show another interval; a step is the time from one row to the next. A stretch is a sequence of steps with a
 * common divisor above the interval, or a single step below the interval.
 */
interface Stretch {
  /** The common divisor of the steps, ms. */
  divisor: number;
  /** The shortest step, ms. */
  shortest: number;
  /** Number of steps. */
  steps: number;
  /** Times of the first and the last row, epoch ms. */
  from: number;
  to: number;
}

/** Fewest steps of a wide stretch that show another interval, if the symbol had no irregular steps before. */
const WIDE_STEPS_MIN = 6;
/** The same for a narrower stretch, which a quiet symbol has by chance more often. */
const NARROW_STEPS_MIN = 14;
/** A stretch whose divisor is at least this multiple of the interval is wide. */
const WIDE_RATIO = 5;
/** A symbol with at least this many steps of one interval, and no others, trades in every interval. */
const INTERVAL_STEPS_MIN = 5;
/** After irregular steps a stretch needs more steps: this many for each doubling of (1 + number of irregular steps). */
const STEPS_PER_DOUBLING = 2;

/** The steps between the rows of one symbol. */
class SymbolSpacing {
  /** The first stretch that shows another interval: it is too long to be chance, or its rows are too close. */
  found: Stretch | undefined;
  /** The stretch that ends at the last row; undefined after a step of one interval. */
  #stretch: Stretch | undefined;
  /** Numbers of steps before the stretch: those of one interval, and the irregular others. */
  #intervalSteps = 0;
  #irregularSteps = 0;

  /** @param last time of the last row so far: at first, that of the symbol's first row */
  constructor(
    private readonly intervalMs: number,
    private last: number,
  ) {}

  add(openTime: number): void {
    const step = Math.abs(openTime - this.last);
    if (step === this.intervalMs && this.#stretch === undefined) this.#intervalSteps++;
    else if (step > 0) this.#addStep(step, this.last, openTime);
    this.last = openTime;
  }

  /**
   * Keeps the stretch if it is too long for chance. It must be longer after irregular steps, and may be shorter when the symbol traded
   * in every interval before.
   */
  keepIfLong(): void {
    if (this.#stretch === undefined) return;
    const isWide = this.#stretch.divisor >= WIDE_RATIO * this.intervalMs;
    const usualMin = isWide ? WIDE_STEPS_MIN : NARROW_STEPS_MIN;
    const tradedAlways = this.#irregularSteps === 0 && this.#intervalSteps >= INTERVAL_STEPS_MIN;
    const stepsMin = tradedAlways ? usualMin / 2 : usualMin + STEPS_PER_DOUBLING * Math.log2(1 + this.#irregularSteps);
    if (this.#stretch.steps >= stepsMin) this.found ??= this.#stretch;
  }

  /** Extends the stretch by a step that has a common divisor above the interval with it. Any other step ends the stretch. */
  #addStep(step: number, from: number, to: number): void {
    const stretch = this.#stretch;
    if (stretch !== undefined) {
      const divisor = greatestCommonDivisor(stretch.divisor, step);
      if (divisor > this.intervalMs) {
        const shortest = Math.min(stretch.shortest, step);
        this.#stretch = { divisor, shortest, steps: stretch.steps + 1, from: stretch.from, to };
        return;
      }
      this.keepIfLong();
      this.#irregularSteps += stretch.steps;
      this.#stretch = undefined;
    }
    if (step === this.intervalMs) {
      this.#intervalSteps++;
      return;
    }
    const single = { divisor: step, shortest: step, steps: 1, from, to };
    if (step > this.intervalMs) this.#stretch = single;
    else this.found ??= single; // rows closer than the interval: one step is enough
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
      const usual = spacingText(this.intervalMs);
      return (
        `rows of ${symbols[0]}${others} are ${interval} steps apart from ${from} to ${to}, and were read as ${usual} bars: ` +
        `import ${interval} bars into a dataset of their own, with --interval`
      );
    });
  }
}
