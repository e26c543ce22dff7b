/** Watches all bars of each symbol for another interval than that of the import, which a file's sample may not show. Pure. */
import type { Bar } from '@barkeep/bars';
import { greatestCommonDivisor, spacingText } from '../detect/index.js';
import { timeText } from '../reading/index.js';

/** A stretch of consecutive rows of a symbol whose distances have a common divisor above the interval. */
interface Stretch {
  /** The common divisor of the distances, ms; 0 without any. */
  divisor: number;
  /** The smallest distance, ms. */
  least: number;
  /** Number of distances. */
  steps: number;
  /** Times of the first and the last row, epoch ms. */
  from: number;
  to: number;
}

/** What is known of a symbol. */
interface Watched {
  /** Time of the last row, epoch ms. */
  last: number;
  stretch: Stretch;
  /** Number of distances before the stretch: those of one interval, and the others. */
  dense: number;
  sparse: number;
  /** The first stretch that shows another interval: it is too long to be chance, or its rows are too close. */
  found?: Stretch;
}

/** Fewest steps of a stretch that show another interval, if the symbol had no other distances before. */
const WIDE_STEPS_MIN = 6;
/** The same for a stretch of less than five times the interval, which a quiet symbol has by chance more often. */
const NEAR_STEPS_MIN = 14;
/** From this multiple of the interval on, a stretch counts as wide. */
const WIDE_RATIO = 5;
/** Distances of one interval after which a symbol counts as one that trades in every interval. */
const DENSE_MIN = 5;

/** Finds stretches of rows of a symbol, over all files, that have another interval than the import. */
export class SpacingWatch {
  readonly #bySymbol = new Map<string, Watched>();

  constructor(private readonly intervalMs: number) {}

  /** @param bars in the order of the rows */
  add(symbol: string, bars: readonly Bar[]): void {
    const [first] = bars;
    if (first === undefined) return;
    let watched = this.#bySymbol.get(symbol);
    if (watched === undefined) {
      watched = { last: first.openTime, stretch: noStretch(first.openTime), dense: 0, sparse: 0 };
      this.#bySymbol.set(symbol, watched);
    }
    for (const { openTime } of bars) {
      const distance = Math.abs(openTime - watched.last);
      if (distance === this.intervalMs && watched.stretch.steps === 0) watched.dense++;
      else if (distance > 0) this.#step(watched, distance, openTime);
      watched.last = openTime;
    }
  }

  /** One warning for each other interval. It names the first symbol that has it, and counts the others. */
  warnings(): string[] {
    const byInterval = new Map<string, { symbols: string[]; stretch: Stretch }>();
    for (const [symbol, watched] of this.#bySymbol) {
      this.#judge(watched);
      const found = watched.found;
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

  /** Extends the stretch by a distance, or ends it when the distance has no common divisor above the interval with it. */
  #step(watched: Watched, distance: number, to: number): void {
    const { stretch, last } = watched;
    const divisor = stretch.steps === 0 ? distance : greatestCommonDivisor(stretch.divisor, distance);
    if (distance < this.intervalMs) watched.found ??= firstStep(distance, last, to); // one distance is enough
    if (divisor > this.intervalMs) {
      if (stretch.steps === 0) stretch.from = last;
      stretch.divisor = divisor;
      stretch.least = stretch.steps === 0 ? distance : Math.min(stretch.least, distance);
      stretch.steps++;
      stretch.to = to;
      return;
    }
    this.#judge(watched);
    if (distance === this.intervalMs) watched.dense++;
    watched.sparse += stretch.steps;
    watched.stretch = noStretch(to);
    if (distance > this.intervalMs) watched.stretch = firstStep(distance, last, to);
  }

  /**
   * Keeps the current stretch as found when it is too long to be chance. It must be longer after irregular distances, and may
   * be shorter when the symbol traded in every interval before.
   */
  #judge(watched: Watched): void {
    const { stretch, dense, sparse } = watched;
    const isWide = stretch.divisor >= WIDE_RATIO * this.intervalMs;
    const base = isWide ? WIDE_STEPS_MIN : NEAR_STEPS_MIN;
    const isDense = sparse === 0 && dense >= DENSE_MIN;
    const needed = (isDense ? base / 2 : base) + 2 * Math.log2(1 + sparse);
    if (stretch.steps >= needed) watched.found ??= stretch;
  }
}

function noStretch(at: number): Stretch {
  return { divisor: 0, least: 0, steps: 0, from: at, to: at };
}

function firstStep(distance: number, from: number, to: number): Stretch {
  return { divisor: distance, least: distance, steps: 1, from, to };
}
