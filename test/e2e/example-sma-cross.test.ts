/**
 * Runs examples/sma-cross as a user does. Its figures must equal those of a plain loop over the datasets, and its README
 * must show them.
 */
import { ExampleRun } from '../support/programs/example-run.js';
import { barsOfDataset, type PlainBars } from '../support/data/plain-dataset.js';
import { plainSma, type PlainResult } from '../support/data/plain-sma.js';

/** Lengths of the example's averages in five-minute bars. */
const [FAST, SLOW] = [24, 104];
/** Slots of a symbol on the five days. */
const SLOTS = 5 * 390;
/** One run starts a coordinator and a worker twice. */
const LIMIT_MS = 180_000;

let example: ExampleRun;
let printed: string;
/** The cells of the printed tables, without the header rows. */
let tradeRows: string[][], symbolRows: string[][], comparisonRows: string[][];
/** The complete dataset, and the one with holes that the session streams. */
let reference: PlainBars, stream: PlainBars;
/** The results of a plain loop over each of them. */
let repaired: PlainResult, asItCame: PlainResult;

beforeAll(async () => {
  example = await ExampleRun.create('sma-cross');
  printed = await example.printed();
  [tradeRows, symbolRows, comparisonRows] = printed.split('\n\n').map(cellsOf) as [string[][], string[][], string[][]];
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
/** With two decimals and a comma before each group of three digits: `1,234.50`. */
const decimals = (value: number) => value.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',');
/** Rounds down, so that only a session with a bar in every slot shows 100 %. */
const percent = (part: number, of: number) => `${decimals(Math.floor((10_000 * part) / of) / 100)} %`;
const total = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0);
const countOf = (bars: PlainBars) => total([...bars.values()].map(({ length }) => length));

describe('the example sma-cross', () => {
  it('prints the trades of a plain loop over the complete market, each at the open after its signal', () => {
    expect(tradeRows).toEqual(
      repaired.trades.map(({ time, symbol, side, price, quantity }) => {
        // New York has standard time in the whole week.
        const newYork = new Date(time - 5 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
        return [newYork, symbol, side, decimals(price), whole(quantity)];
      }),
    );
    expect(tradeRows.length).toBeGreaterThan(20);
  });

  it('prints the profit of each symbol, and how much of its data was repaired', () => {
    interface Figures {
      tradeCount: number;
      profit: number;
      bars: number;
      streamed: number;
      slots: number;
    }
    const row = (name: string, { tradeCount, profit, bars, streamed, slots }: Figures) => [
      name,
      whole(tradeCount),
      decimals(profit),
      whole(streamed),
      whole(bars - streamed),
      percent(bars, slots),
    ];
    const expected = [...reference].map(([symbol, { length: bars }]) => {
      const tradeCount = repaired.trades.filter((trade) => trade.symbol === symbol).length;
      const profit = repaired.profits.get(symbol)!;
      return row(symbol, { tradeCount, profit, bars, streamed: stream.get(symbol)!.length, slots: SLOTS });
    });
    const sum = row('total', {
      tradeCount: repaired.trades.length,
      profit: total(repaired.profits.values()),
      bars: countOf(reference),
      streamed: countOf(stream),
      slots: 10 * SLOTS, // of ten symbols
    });
    expect(symbolRows).toEqual([...expected, sum]);
  });

  it('compares the result over repaired data with that over data with holes', () => {
    const inBoth = asItCame.trades.filter((trade) =>
      repaired.trades.some((other) => JSON.stringify(other) === JSON.stringify(trade)),
    );
    const row = (data: string, bars: PlainBars, result: PlainResult) => [
      data,
      ...[countOf(bars), result.trades.length, inBoth.length].map(whole),
      decimals(total(result.profits.values())),
    ];
    expect(comparisonRows).toEqual([row('repaired', reference, repaired), row('as it came', stream, asItCame)]);
    expect(inBoth.length).toBeLessThan(repaired.trades.length);
  });

  it('I1 prints what its README shows, with both hashes, and leaves no session or key', async () => {
    expect(printed).toMatch(/\n\ndigest     [0-9a-f]{64}\ndelivered  [0-9a-f]{64}\n$/);
    expect(example.readme()).toContain(`$ npm run --silent example:sma-cross\n${printed}\`\`\`\n`);
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
