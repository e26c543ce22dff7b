/** Watches all bars of each symbol for what a file's sample may not show: another interval, price jumps. Pure. */
import type { Bar } from '@barkeep/bars';
import { greatestCommonDivisor, spacingText } from '../detect/index.js';
import { timeText } from '../reading/index.js';

/** A run of rows whose distances have a common divisor above the interval. */
interface Run {
  divisor: number;
  /** The smallest distance. */
  least: number;
  /** Number of distances. */
  steps: number;
  from: number;
  to: number;
}

interface Watched {
  /** Time of the last row, epoch ms. */
  last: number;
  run: Run;
  /** Number of distances before the run: those of one interval, and the others. */
  dense: number;
  sparse: number;
  /** The first run that is too long to be chance. */
  found?: Run;
}

/** Fewest steps of a run that show another interval, if the symbol had no other distances before. */
const WIDE_STEPS_MIN = 6;
/** The same for a run of less than five times the interval, which a quiet symbol has by chance more often. */
const NEAR_STEPS_MIN = 14;
const WIDE_RATIO = 5;
/** Distances of one interval after which a symbol counts as one that trades in every interval. */
const DENSE_MIN = 5;

/** Finds runs of rows of a symbol, over all files, that have another interval than the import. */
export class SpacingWatch {
  readonly #bySymbol = new Map<string, Watched>();

  constructor(private readonly intervalMs: number) {}

  /** @param bars in the order of the rows */
  add(symbol: string, bars: readonly Bar[]): void {
    const [first] = bars;
    if (first === undefined) return;
    let watched = this.#bySymbol.get(symbol);
    if (watched === undefined) {
      watched = { last: first.openTime, run: noRun(first.openTime), dense: 0, sparse: 0 };
      this.#bySymbol.set(symbol, watched);
    }
    for (const { openTime } of bars) {
      const distance = Math.abs(openTime - watched.last);
      if (distance === this.intervalMs && watched.run.steps === 0) watched.dense++;
      else if (distance > 0) this.#step(watched, distance, openTime);
      watched.last = openTime;
    }
  }

  /** One warning for each other interval. */
  warnings(): string[] {
    const byInterval = new Map<string, { symbols: string[]; run: Run }>();
    for (const [symbol, watched] of this.#bySymbol) {
      this.#judge(watched);
      const run = watched.found;
      if (run === undefined) continue;
      const interval = spacingText(run.least);
      const known = byInterval.get(interval) ?? { symbols: [], run };
      known.symbols.push(symbol);
      byInterval.set(interval, known);
    }
    return [...byInterval].map(([interval, { symbols, run }]) => {
      const others = symbols.length > 1 ? ` and of ${symbols.length - 1} other symbols` : '';
      const [from, to] = [run.from, run.to].toSorted((a, b) => a - b).map(timeText);
      return (
        `rows of ${symbols[0]}${others} are ${interval} steps apart from ${from} to ${to}, and were read as ${spacingText(this.intervalMs)} bars: ` +
        `import ${interval} bars into a dataset of their own, with --interval`
      );
    });
  }

  #step(watched: Watched, distance: number, to: number): void {
    const { run, last } = watched;
    const divisor = run.steps === 0 ? distance : greatestCommonDivisor(run.divisor, distance);
    if (distance < this.intervalMs) watched.found ??= firstStep(distance, last, to); // one is enough
    if (divisor > this.intervalMs) {
      if (run.steps === 0) run.from = last;
      run.divisor = divisor;
      run.least = run.steps === 0 ? distance : Math.min(run.least, distance);
      run.steps++;
      run.to = to;
      return;
    }
    this.#judge(watched);
    if (distance === this.intervalMs) watched.dense++;
    watched.sparse += run.steps;
    watched.run = noRun(to);
    if (distance > this.intervalMs) watched.run = firstStep(distance, last, to);
  }

  /** Keeps the current run as found when it is too long to be chance. After irregular distances it must be longer. */
  #judge(watched: Watched): void {
    const { run, dense, sparse } = watched;
    const isWide = run.divisor >= WIDE_RATIO * this.intervalMs;
    const base = isWide ? WIDE_STEPS_MIN : NEAR_STEPS_MIN;
    const isDense = sparse === 0 && dense >= DENSE_MIN;
    const needed = (isDense ? base / 2 : base) + 2 * Math.log2(1 + sparse);
    if (run.steps >= needed) watched.found ??= run;
  }
}

function noRun(at: number): Run {
  return { divisor: 0, least: 0, steps: 0, from: at, to: at };
}

function firstStep(distance: number, from: number, to: number): Run {
  return { divisor: distance, least: distance, steps: 1, from, to };
}

const JUMP_RATIO = 10;
/** Prices that are further apart in time are not compared. */
const NEAR_MS = 7 * 86_400_000;

/** Finds prices that change tenfold, and a high of ten times its low: another scale or another symbol. */
export class PriceWatch {
  readonly #last = new Map<string, Bar>();
  #jumps = 0;
  #example: string | undefined;

  /** @param bars in the order of the rows */
  add(symbol: string, bars: readonly Bar[]): void {
    let last = this.#last.get(symbol);
    for (const bar of bars) {
      if (bar.low > 0 && bar.high >= JUMP_RATIO * bar.low)
        this.#record(`${symbol} has high ${bar.high} and low ${bar.low}`, bar);
      else if (last !== undefined && isJump(last.close, bar.close) && Math.abs(bar.openTime - last.openTime) < NEAR_MS)
        this.#record(`${symbol} goes from ${last.close} to ${bar.close}`, bar);
      last = bar;
    }
    if (last !== undefined) this.#last.set(symbol, last);
  }

  warnings(): string[] {
    const others = this.#jumps > 1 ? `, and ${this.#jumps - 1} more like it` : '';
    return this.#example === undefined
      ? []
      : [`${this.#example}${others}: is it a lost decimal sign, another scale or another symbol?`];
  }

  #record(what: string, { openTime }: Bar): void {
    this.#jumps++;
    this.#example ??= `${what} at ${timeText(openTime)}`;
  }
}

function isJump(before: number, after: number): boolean {
  return before > 0 && after > 0 && (after >= JUMP_RATIO * before || before >= JUMP_RATIO * after);
}
