/** Watches the prices of each symbol for another scale or another symbol, which a file's sample may not show. Pure. */
import { type Bar, DAY_MS } from '@barkeep/bars';
import { timeText } from '../reading/index.js';

/** A jump is a close that differs from the previous one by this factor or more, or a high of at least this many times its low. */
const JUMP_RATIO = 10;
/** Prices that are this far apart in time, or further, are not compared. */
const COMPARED_WITHIN_MS = 7 * DAY_MS;

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
      else if (last !== undefined && isJump(last, bar))
        this.#record(`${symbol} goes from ${last.close} to ${bar.close}`, bar);
      last = bar;
    }
    if (last !== undefined) this.#last.set(symbol, last);
  }

  /** One warning about the first jump, which counts the others; none when there was no jump. */
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

function isJump(last: Bar, bar: Bar): boolean {
  if (!(last.close > 0 && bar.close > 0)) return false;
  const areAlike = bar.close < JUMP_RATIO * last.close && last.close < JUMP_RATIO * bar.close;
  return !areAlike && Math.abs(bar.openTime - last.openTime) < COMPARED_WITHIN_MS;
}
