/**
 * Runs examples/many-runs as a user does: its figures must equal those of a plain loop over the dataset, and its README
 * must show them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExampleRun } from '../support/programs/example-run.js';
import { plainDelivered } from '../support/data/plain-delivered.js';
import { barsOfDataset, type PlainBars } from '../support/data/plain-dataset.js';
import { plainSma } from '../support/data/plain-sma.js';

const SETS = [6, 12, 18, 24].flatMap((fast) => [52, 78, 91, 104].map((slow) => ({ fast, slow })));
const STEPS = 5 * 78;
const LIMIT_MS = 180_000;

let example: ExampleRun;
let printed: string;
/** The cells of the printed tables, without the header rows. */
let sets: string[][], consumers: string[][];
let reference: PlainBars;

beforeAll(async () => {
  example = await ExampleRun.create('many-runs');
  printed = await example.printed();
  [sets, consumers] = printed.split('\n\n').map((text) => cellsOf(text)) as [string[][], string[][]];
  reference = await barsOfDataset(example, 'reference');
}, LIMIT_MS);
afterAll(() => example?.close());

const cellsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ {2,}/));
const decimals = (value: number) => value.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',');

/** The Sharpe ratio: mean of the profits by step, divided by their standard deviation, scaled to a year. */
function plainSharpe(equity: readonly number[]): number {
  let [sum, squares, before] = [0, 0, 0];
  for (const profit of equity) {
    sum += profit - before;
    squares += (profit - before) ** 2;
    before = profit;
  }
  const mean = sum / equity.length;
  return (mean / Math.sqrt(squares / equity.length - mean ** 2)) * Math.sqrt(252 * 78);
}

function plainDrawdown(equity: readonly number[]): number {
  return Math.max(...equity.map((low, i) => Math.max(0, ...equity.slice(0, i)) - low), 0);
}

describe('the example many-runs', () => {
  it('prints the results of a plain loop over the whole market for each of the 16 sets, the best first', () => {
    const results = SETS.map(({ fast, slow }) => {
      const { trades, equity } = plainSma(reference, fast, slow);
      expect(equity).toHaveLength(STEPS);
      return { fast, slow, trades: trades.length, equity, sharpe: plainSharpe(equity) };
    });
    results.sort((a, b) => b.sharpe - a.sharpe);
    expect(sets).toEqual(
      results.map(({ fast, slow, trades, equity, sharpe }) => [
        ...[fast, slow, trades].map(String),
        ...[equity.at(-1)!, sharpe, plainDrawdown(equity)].map(decimals),
      ]),
    );
  });

  it('gives all four consumers the bars of the datasets, each at its time, and the same as sma-cross had', async () => {
    const steps = String(STEPS);
    const hash = plainDelivered(reference, await barsOfDataset(example, 'stream'));
    expect(consumers).toEqual([1, 2, 3, 4].map((n) => [`worker-${n}`, steps, '19,497', hash]));
    const other = readFileSync(join(__dirname, '../../examples/sma-cross/README.md'), 'utf8');
    expect(other).toContain(`\ndelivered  ${hash}\n`);
  });

  it('I1 prints what stands in its README, and leaves no session behind', async () => {
    expect(example.readme()).toContain(`$ npm run --silent example:many-runs\n${printed}\`\`\`\n`);
    expect(await example.leftovers()).toEqual({ sessions: 0, keys: [] });
  });

  it(
    'stops everything when it is interrupted',
    async () => {
      const { code, stdout, stderr } = await example.interrupted();
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^example: interrupted by SIGINT$/m);
      expect(await example.leftovers()).toEqual({ sessions: 0, keys: [] });
    },
    LIMIT_MS,
  );
});
