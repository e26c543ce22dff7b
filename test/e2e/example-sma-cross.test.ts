/**
 * Runs examples/sma-cross as a user does: its figures must equal those of a plain loop over the datasets, and its
 * README must show them.
 */
import { ExampleRun } from '../support/programs/example-run.js';
import { barsOfDataset, type PlainBars } from '../support/data/plain-dataset.js';
import { plainSma, type PlainResult } from '../support/data/plain-sma.js';

const [FAST, SLOW] = [24, 104];
const SLOTS = 5 * 390;
/** One run starts a coordinator and a worker twice. */
const LIMIT_MS = 180_000;

let example: ExampleRun;
let printed: string;
/** The cells of the printed tables, without the header rows. */
let trades: string[][], symbols: string[][], comparison: string[][];
let reference: PlainBars, stream: PlainBars;
let repaired: PlainResult, asItCame: PlainResult;

beforeAll(async () => {
  example = await ExampleRun.create('sma-cross');
  printed = await example.printed();
  [trades, symbols, comparison] = printed.split('\n\n').map(cellsOf) as [string[][], string[][], string[][]];
  [reference, stream] = [await barsOfDataset(example, 'reference'), await barsOfDataset(example, 'stream')];
  [repaired, asItCame] = [plainSma(reference, FAST, SLOW), plainSma(stream, FAST, SLOW)];
}, LIMIT_MS);
afterAll(() => example?.close());

const cellsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/ {2,}/));
const whole = (value: number) => value.toLocaleString('en-US');
const decimals = (value: number) => value.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',');
/** Rounds down, so that only a session with a bar in every slot shows 100 %. */
const percent = (part: number, of: number) => `${decimals(Math.floor((10_000 * part) / of) / 100)} %`;
const total = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0);
const countOf = (bars: PlainBars) => total([...bars.values()].map(({ length }) => length));

describe('the example sma-cross', () => {
  it('prints the trades of a plain loop over the whole market, each at the open after its signal', () => {
    expect(trades).toEqual(
      repaired.trades.map(({ time, symbol, side, price, quantity }) => {
        // New York has standard time in the whole week.
        const newYork = new Date(time - 5 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
        return [newYork, symbol, side, decimals(price), whole(quantity)];
      }),
    );
    expect(trades.length).toBeGreaterThan(20);
  });

  it('prints what each symbol made, and how much of its data was repaired', () => {
    const row = (name: string, count: number, profit: number, all: number, came: number, slots: number) => [
      name,
      whole(count),
      decimals(profit),
      whole(came),
      whole(all - came),
      percent(all, slots),
    ];
    const expected = [...reference].map(([symbol, { length }]) => {
      const count = repaired.trades.filter((trade) => trade.symbol === symbol).length;
      return row(symbol, count, repaired.profits.get(symbol)!, length, stream.get(symbol)!.length, SLOTS);
    });
    const { trades: all, profits } = repaired;
    const sum = row('total', all.length, total(profits.values()), countOf(reference), countOf(stream), 10 * SLOTS);
    expect(symbols).toEqual([...expected, sum]);
  });

  it('prints what the strategy would have made of the holes', () => {
    const same = asItCame.trades.filter((trade) =>
      repaired.trades.some((other) => JSON.stringify(other) === JSON.stringify(trade)),
    );
    const row = (data: string, bars: PlainBars, result: PlainResult) => [
      data,
      ...[countOf(bars), result.trades.length, same.length].map(whole),
      decimals(total(result.profits.values())),
    ];
    expect(comparison).toEqual([row('repaired', reference, repaired), row('as it came', stream, asItCame)]);
    expect(same.length).toBeLessThan(repaired.trades.length);
  });

  it('I1 prints what stands in its README, the hashes as well, and leaves no session behind', async () => {
    expect(printed).toMatch(/\n\ndigest     [0-9a-f]{64}\ndelivered  [0-9a-f]{64}\n$/);
    expect(example.readme()).toContain(`$ npm run --silent example:sma-cross\n${printed}\`\`\`\n`);
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
