/**
 * Runs examples/many-runs as a user does. Its figures must equal those of a plain loop over the dataset, and its README
 * must show them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExampleRun } from '../support/programs/example-run.js';
import { plainDelivered } from '../support/data/plain-delivered.js';
import { barsOfDataset, type PlainBars } from '../support/data/plain-dataset.js';
import { plainSma } from '../support/data/plain-sma.js';

/** The sets of parameters that the example tries. */
const SETS = [6, 12, 18, 24].flatMap((fast) => [52, 78, 91, 104].map((slow) => ({ fast, slow })));
/** Five-minute bars of a trading day. */
const STEPS_A_DAY = 78;
/** Steps of the five days. */
const STEPS = 5 * STEPS_A_DAY;
const LIMIT_MS = 180_000;

let example: ExampleRun;
let printed: string;
/** The cells of the printed tables, without the header rows. */
let setRows: string[][], consumerRows: string[][];
let reference: PlainBars;

beforeAll(async () => {
  example = await ExampleRun.create('many-runs');
  printed = await example.printed();
  [setRows, consumerRows] = printed.split('\n\n').map((text) => cellsOf(text)) as [string[][], string[][]];
  reference = await barsOfDataset(example, 'reference');
}, LIMIT_MS);
afterAll(() => example?.close());

const cellsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ {2,}/));
/** With two decimals and a comma before each group of three digits: `1,234.50`. */
const decimals = (value: number) => value.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',');

/**
 * The Sharpe ratio: mean of the profits by step, divided by their standard deviation, scaled to a year of 252 days.
 * @param equity total profit after each step
 */
function plainSharpe(equity: readonly number[]): number {
  let [sum, squares, before] = [0, 0, 0];
  for (const total of equity) {
    sum += total - before;
    squares += (total - before) ** 2;
    before = total;
  }
  const mean = sum / equity.length;
  const deviation = Math.sqrt(squares / equity.length - mean ** 2);
  return (mean / deviation) * Math.sqrt(252 * STEPS_A_DAY);
}

/** The largest loss from an earlier high, or from the start at 0. */
function plainDrawdown(equity: readonly number[]): number {
  return Math.max(...equity.map((low, i) => Math.max(0, ...equity.slice(0, i)) - low), 0);
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
    const other = readFileSync(join(__dirname, '../../examples/sma-cross/README.md'), 'utf8');
    expect(other).toContain(`\ndelivered  ${hash}\n`);
  });

  it('I1 prints what its README shows, and leaves no session or key', async () => {
    expect(example.readme()).toContain(`$ npm run --silent example:many-runs\n${printed}\`\`\`\n`);
    expect(await example.leftovers()).toEqual({ sessions: 0, keys: [] });
  });

  it(
    'removes its sessions and keys when it is interrupted',
    async () => {
      const { code, stdout, stderr } = await example.interrupted();
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^example: interrupted by SIGINT$/m);
      expect(await example.leftovers()).toEqual({ sessions: 0, keys: [] });
    },
    LIMIT_MS,
  );
});
