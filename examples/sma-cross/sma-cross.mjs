/**
 * The strategy holds a symbol while the fast moving average of its closes is above the slow one. It decides at the close of a
 * bar and trades at the open of the symbol's next bar, a price that was unknown at the time of the decision.
 */

/** Size of a new position, in dollars. */
const STAKE = 10_000;
/** Commission and spread, as a share of the traded amount. */
const COST = 0.0002;

export class SmaCross {
  /** Trades `{ time, symbol, side, price, quantity }`, the earliest first. */
  trades = [];
  /** Profit and loss after each step; open positions count at their last close. */
  equity = [];
  /** By symbol: `{ cash, held, close, order }`. Cash is in dollars, `held` and `order` are shares, and `close` is the last close. */
  #accounts = new Map();

  /** @param options `fast`, `slow`: lengths of the averages, in bars; `interval`: a stored interval, at which the session is followed */
  constructor({ fast, slow, interval }) {
    Object.assign(this, { fast, slow, interval });
  }

  /** Trades at the open of each bar that closed in the step, then decides at its close. */
  onStep({ bars, mirror }) {
    for (const [symbol, bar] of bars) {
      const account = this.#account(symbol);
      this.#fill(symbol, account, bar);
      account.close = bar.close;
      account.order = this.#decide(account, mirror.closes(symbol, this.slow, this.interval));
    }
    this.equity.push(this.profit());
  }

  /** Profit so far of one symbol, or of all, in dollars. */
  profit(symbol) {
    const accounts = symbol === undefined ? [...this.#accounts.values()] : [this.#account(symbol)];
    return accounts.reduce((sum, { cash, held, close }) => sum + cash + held * close, 0);
  }

  /** Number of shares to buy at the next open; negative to sell. @param closes the last closes, at most `slow` of them */
  #decide({ held, close }, closes) {
    if (closes.length < this.slow) return 0;
    const isUp = mean(closes.subarray(-this.fast)) > mean(closes);
    const isHeld = held > 0;
    if (isUp === isHeld) return 0;
    return isUp ? Math.floor(STAKE / close) : -held;
  }

  /** Trades the order of the last decision at the open of this bar. */
  #fill(symbol, account, { openTime, open }) {
    const { order } = account;
    if (order === 0) return;
    const quantity = Math.abs(order);
    account.held += order;
    account.cash -= order * open + quantity * open * COST;
    this.trades.push({ time: openTime, symbol, side: order > 0 ? 'buy' : 'sell', price: open, quantity });
  }

  #account(symbol) {
    let account = this.#accounts.get(symbol);
    if (!account) this.#accounts.set(symbol, (account = { cash: 0, held: 0, close: 0, order: 0 }));
    return account;
  }
}

function mean(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
