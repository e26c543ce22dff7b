/** Watches the bars of each symbol, over all files, for another interval than the import's, which a sample may not show. Pure. */
import { type Bar, greatestCommonDivisor } from '@barkeep/bars';
import { spacingText } from '../detect/index.js';
import { timeText } from '../reading/index.js';

/**
 * Consecutive rows of a symbol that may be bars of another interval. Here a step is the time from one row of the symbol to the next. A
 * stretch is a sequence of steps with a common divisor above the interval: in an import of one-minute bars the rows at 14:30, 14:35 and
 * 14:45 are a stretch of two steps, with the divisor 5 minutes. A single step below the interval is a stretch, too.
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

/** A stretch whose divisor is at least this multiple of the interval is wide; another one is narrow. */
const WIDE_RATIO = 5;
/**
 * Fewest steps of a wide stretch that show another interval. A quiet symbol has shorter stretches by chance. Steps in such a chance
 * stretch are irregular, and after them a stretch needs more steps.
 */
const WIDE_STEPS_MIN = 6;
/** Fewest steps of a narrow stretch, which a quiet symbol has by chance more often. */
const NARROW_STEPS_MIN = 14;
/** A symbol with at least this many steps of one interval, and no others, trades in every interval. */
const INTERVAL_STEPS_MIN = 5;
/** After irregular steps a stretch needs this many steps more for each doubling of (1 + number of irregular steps). */
const STEPS_PER_DOUBLING = 2;

/** The steps between the rows of one symbol. */
class SymbolSpacing {
  /** The first stretch that shows another interval: it is too long to be chance, or its rows are too close. */
  found: Stretch | undefined;
  /** The stretch that ends at the last row; undefined after a step of one interval. */
  #stretch: Stretch | undefined;
  /** Numbers of steps before the stretch: steps of exactly one interval, and irregular steps. */
  #intervalSteps = 0;
  #irregularSteps = 0;

  /** @param last time of the last row so far: at first, that of the symbol's first row @param hasSlots see `SpacingWatch` */
  constructor(
    private readonly intervalMs: number,
    private readonly hasSlots: boolean,
    private last: number,
  ) {}

  add(openTime: number): void {
    const step = Math.abs(openTime - this.last);
    if (step > 0) this.#addStep(step, this.last, openTime);
    this.last = openTime;
  }

  /** Ends the stretch, and keeps it if it is too long for chance. */
  endStretch(): void {
    const stretch = this.#stretch;
    if (stretch === undefined) return;
    if (stretch.steps >= this.#stepsMin(stretch)) this.found ??= stretch;
    this.#irregularSteps += stretch.steps;
    this.#stretch = undefined;
  }

  #addStep(step: number, from: number, to: number): void {
    const longer = this.#stretch && this.#extended(this.#stretch, step, to);
    if (longer !== undefined) {
      this.#stretch = longer;
      return;
    }
    this.endStretch();
    const single = { divisor: step, shortest: step, steps: 1, from, to };
    if (step === this.intervalMs || (step < this.intervalMs && this.hasSlots)) this.#intervalSteps++;
    else if (step > this.intervalMs) this.#stretch = single;
    else this.found ??= single; // rows closer than the interval: one step is enough
  }

  /** The stretch with one step more; undefined when they have no common divisor above the interval. */
  #extended({ divisor, shortest, steps, from }: Stretch, step: number, to: number): Stretch | undefined {
    const common = greatestCommonDivisor(divisor, step);
    if (common <= this.intervalMs) return undefined;
    return { divisor: common, shortest: Math.min(shortest, step), steps: steps + 1, from, to };
  }

  /** Fewest steps of a stretch that are no chance: more after irregular steps, fewer when the symbol traded in every interval before. */
  #stepsMin({ divisor }: Stretch): number {
    const usualMin = divisor >= WIDE_RATIO * this.intervalMs ? WIDE_STEPS_MIN : NARROW_STEPS_MIN;
    const tradedAlways = this.#irregularSteps === 0 && this.#intervalSteps >= INTERVAL_STEPS_MIN;
    return tradedAlways ? usualMin / 2 : usualMin + STEPS_PER_DOUBLING * Math.log2(1 + this.#irregularSteps);
  }
}

export class SpacingWatch {
  readonly #bySymbol = new Map<string, SymbolSpacing>();

  /** @param hasSlots true when each bar has a slot of a calendar: then bars before a break may be shorter than the interval */
  constructor(
    private readonly intervalMs: number,
    private readonly hasSlots: boolean,
  ) {}

  /** @param bars in the order of the rows, at least one */
  add(symbol: string, bars: readonly Bar[]): void {
    const spacing = this.#bySymbol.get(symbol) ?? new SymbolSpacing(this.intervalMs, this.hasSlots, bars[0]!.openTime);
    this.#bySymbol.set(symbol, spacing);
    for (const { openTime } of bars) spacing.add(openTime);
  }

  /** One warning for each other interval. It names the first symbol that has it, and counts the others. */
  warnings(): string[] {
    const byInterval = new Map<string, { symbols: string[]; stretch: Stretch }>();
    for (const [symbol, spacing] of this.#bySymbol) {
      spacing.endStretch();
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
