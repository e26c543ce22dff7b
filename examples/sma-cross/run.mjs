/** Runs the strategy on a feed that lost bars: once with the lost bars repaired, and once without. */
import { percentText, runBacktest } from '@barkeep/client';
import { SmaCross } from './sma-cross.mjs';
import { amount, count, newYorkTime, table } from './text.mjs';

const AVERAGES = { fast: 24, slow: 104, interval: '5m' };
const SPEC = {
  symbols: ['ALPHA', 'BRAVO', 'CINDER', 'DELTA', 'EMBER', 'FJORD', 'GLINT', 'HAVEN', 'INDIGO', 'JUNIPER'],
  start: '2024-03-04',
  end: '2024-03-08',
  source: { type: 'dataset', dataset: 'stream' },
  derivedIntervals: [AVERAGES.interval],
};

/** @param example runs the `barkeep` command, and has the environment and the signal of the run (scripts/example.mjs) */
export async function run(example) {
  await example.barkeep('demo', '--data-only'); // the datasets `stream`, which has holes, and `reference`
  const repaired = await backtest(example, ['reference']);
  const asItCame = await backtest(example, []);
  const { digest, delivered } = repaired;
  const proof = `digest     ${digest.digest}\ndelivered  ${delivered.hash}`;
  console.log([tradesText(repaired), symbolsText(repaired), comparison(repaired, asItCame), proof].join('\n\n'));
}

/** Runs the strategy once. @param backfill datasets that fill missing bars before the strategy sees the day */
async function backtest({ env, signal, note }, backfill) {
  const strategy = new SmaCross(AVERAGES);
  const result = await runBacktest({
    spec: { ...SPEC, backfill },
    every: AVERAGES.interval,
    onStep: (step) => strategy.onStep(step),
    env,
    signal,
    log: note,
  });
  return { strategy, ...result };
}

function tradesText({ strategy }) {
  return table(
    strategy.trades.map(({ time, symbol, side, price, quantity }) => ({
      'New York': newYorkTime(time),
      symbol,
      side,
      price: amount(price),
      quantity: count(quantity),
    })),
  );
}

/** One row per symbol, and their total. */
function symbolsText({ strategy, metrics, status }) {
  const row = (symbol, trades, profit, { streamed, backfilled, filled, expected, noTrade }) => ({
    symbol,
    trades: count(trades.length),
    'P&L': amount(profit),
    streamed: count(streamed),
    repaired: count(backfilled),
    quality: percentText((100 * filled) / (expected - noTrade)),
  });
  const rows = metrics.map(({ symbol, ...counts }) => {
    const trades = strategy.trades.filter((trade) => trade.symbol === symbol);
    return row(symbol, trades, strategy.profit(symbol), counts);
  });
  const totalProfit = strategy.profit(); // of all symbols
  return table([...rows, row('total', strategy.trades, totalProfit, status.counts)]);
}

/** Compares the strategy's two runs: a row for each. */
function comparison(repaired, asItCame) {
  const row = (data, { strategy, delivered }, other) => ({
    data,
    bars: count(delivered.bars),
    trades: count(strategy.trades.length),
    'in both': count(inBoth(strategy.trades, other.strategy.trades)),
    'P&L': amount(strategy.profit()),
  });
  return table([row('repaired', repaired, asItCame), row('as it came', asItCame, repaired)]);
}

/** Number of trades that are also among the others. */
function inBoth(trades, others) {
  const otherTexts = new Set(others.map((trade) => JSON.stringify(trade)));
  return trades.filter((trade) => otherTexts.has(JSON.stringify(trade))).length;
}
