/**
 * Watches the prices of each symbol over a whole import: a price that is ten times the one of the minute before, or a bar whose
 * high is ten times its low, is rarely a market. A lost decimal sign, another scale or another symbol looks like that. Pure.
 */
import type { Bar } from '@barkeep/bars';
import { timeText } from '../reading/index.js';

const RATIO = 10;
/** Prices that are further apart in time may differ as much as they like. */
const NEAR_MS = 7 * 86_400_000;

export class PriceWatch {
  readonly #last = new Map<string, Bar>();
  #jumps = 0;
  #example: string | undefined;

  /** @param bars in the order of the rows */
  add(symbol: string, bars: readonly Bar[]): void {
    let last = this.#last.get(symbol);
    for (const bar of bars) {
      if (bar.low > 0 && bar.high >= RATIO * bar.low)
        this.#found(`${symbol} has high ${bar.high} and low ${bar.low}`, bar);
      else if (last !== undefined && isJump(last.close, bar.close) && Math.abs(bar.openTime - last.openTime) < NEAR_MS)
        this.#found(`${symbol} goes from ${last.close} to ${bar.close}`, bar);
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

  #found(what: string, { openTime }: Bar): void {
    this.#jumps++;
    this.#example ??= `${what} at ${timeText(openTime)}`;
  }
}

function isJump(before: number, after: number): boolean {
  return before > 0 && after > 0 && (after >= RATIO * before || before >= RATIO * after);
}
