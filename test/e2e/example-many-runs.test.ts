/**
 * Runs examples/many-runs as a user does. Its figures must equal those of a plain loop over the dataset, and its README
 * must show them.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExampleRun } from '../support/programs/example-run.js';
import { decimals, expectCleanInterruption, tablesOf } from '../support/programs/printed-example.js';
import { plainDelivered } from '../support/data/plain-delivered.js';
import { barsOfDataset, type PlainBars } from '../support/data/plain-dataset.js';
import { plainSma } from '../support/data/plain-sma.js';

/** The sets of parameters that the example tries: lengths of two averages, in five-minute bars. */
const SETS = [6, 12, 18, 24].flatMap((fast) => [52, 78, 91, 104].map((slow) => ({ fast, slow })));
/** A step is a five-minute bar. */
const STEPS_A_DAY = 78;
const STEPS = 5 * STEPS_A_DAY;
const TRADING_DAYS_A_YEAR = 252;

jest.setTimeout(180_000); // a run of the example starts a coordinator and a worker

let example: ExampleRun;
let printed: string;
/** The cells of the two printed tables: a row for each set, and one for each consumer. */
let setRows: string[][], consumerRows: string[][];
/** The complete dataset. */
let reference: PlainBars;

beforeAll(async () => {
  example = await ExampleRun.create('many-runs');
  printed = await example.printed();
  [setRows, consumerRows] = tablesOf(printed) as [string[][], string[][]];
  reference = await barsOfDataset(example, 'reference');
});
afterAll(() => example?.close());

/**
 * The Sharpe ratio: mean of the profits by step, divided by their standard deviation, scaled to a year.
 * @param equity total profit after each step
 */
function plainSharpe(equity: readonly number[]): number {
  let [sum, sumOfSquares, before] = [0, 0, 0];
  for (const total of equity) {
    const profit = total - before;
    sum += profit;
    sumOfSquares += profit ** 2;
    before = total;
  }
  const mean = sum / equity.length;
  const deviation = Math.sqrt(sumOfSquares / equity.length - mean ** 2);
  return (mean / deviation) * Math.sqrt(TRADING_DAYS_A_YEAR * STEPS_A_DAY);
}

/** The largest loss from an earlier high, or from the start at 0. */
function plainDrawdown(equity: readonly number[]): number {
  const losses = equity.map((total, i) => Math.max(0, ...equity.slice(0, i)) - total);
  return Math.max(0, ...losses);
}

describe('the example many-runs', () => {
  it('prints for each of the 16 sets the results of a plain loop over the complete market, the best set first', () => {
    const results = SETS.map(({ fast, slow }) => {
      const { trades, equity } = plainSma(reference, fast, slow);
      expect(equity).toHaveLength(STEPS);
      return { fast, slow, trades: trades.length, equity, sharpe: plainSharpe(equity) };
    });
    results.sort((a, b) => b.sharpe - a.sharpe);
    expect(setRows).toEqual(
      results.map(({ fast, slow, trades, equity, sharpe }) => [
        ...[fast, slow, trades].map(String),
        ...[equity.at(-1)!, sharpe, plainDrawdown(equity)].map(decimals),
      ]),
    );
  });

  it('delivers the same to all four consumers: the bars of the datasets, as to the consumer of sma-cross', async () => {
    const steps = String(STEPS);
    const hash = plainDelivered(reference, await barsOfDataset(example, 'stream'));
    expect(consumerRows).toEqual([1, 2, 3, 4].map((n) => [`worker-${n}`, steps, '19,497', hash]));
    const readmeOfSmaCross = readFileSync(join(__dirname, '../../examples/sma-cross/README.md'), 'utf8');
    expect(readmeOfSmaCross).toContain(`\ndelivered  ${hash}\n`);
  });

  it('I1 prints what its README shows, and leaves no session or key', async () => {
    expect(example.readme()).toContain(`$ npm run --silent example:many-runs\n${printed}\`\`\`\n`);
    expect(await example.leftovers()).toEqual({ sessions: 0, keys: [] });
  });

  it('removes its sessions and keys when it is interrupted', () => expectCleanInterruption(example));
});
