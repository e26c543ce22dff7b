/**
 * Runs examples/sma-cross as a user does. Its figures must equal those of a plain loop over the datasets, and its README
 * must show them.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { ExampleRun } from '../support/programs/example-run.js';
import { decimals, expectCleanInterruption, tablesOf } from '../support/programs/printed-example.js';
import { barsOfDataset, type PlainBars } from '../support/data/plain-dataset.js';
import { plainSma, type PlainResult } from '../support/data/plain-sma.js';

/** Lengths of the example's averages in five-minute bars. */
const [FAST, SLOW] = [24, 104];
/** Slots of a symbol on the five days. */
const SLOTS = 5 * 390;

jest.setTimeout(180_000); // a run of the example starts a coordinator and a worker twice

let example: ExampleRun;
let printed: string;
/** The cells of the three printed tables: the trades, the symbols with their total, and the two kinds of data. */
let tradeRows: string[][], symbolRows: string[][], comparisonRows: string[][];
/** The complete dataset, and the one with holes that the session streams. */
let reference: PlainBars, stream: PlainBars;
/** The results of a plain loop over `reference` and over `stream`. */
let resultOfReference: PlainResult, resultOfStream: PlainResult;

beforeAll(async () => {
  example = await ExampleRun.create('sma-cross');
  printed = await example.printed();
  [tradeRows, symbolRows, comparisonRows] = tablesOf(printed) as [string[][], string[][], string[][]];
  [reference, stream] = [await barsOfDataset(example, 'reference'), await barsOfDataset(example, 'stream')];
  [resultOfReference, resultOfStream] = [plainSma(reference, FAST, SLOW), plainSma(stream, FAST, SLOW)];
});
afterAll(() => example?.close());

const integer = (value: number) => value.toLocaleString('en-US');
/** Rounds down, so that only a session with a bar in every slot shows 100 %. */
const percent = (part: number, of: number) => `${decimals(Math.floor((10_000 * part) / of) / 100)} %`;
const total = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0);
const countOf = (bars: PlainBars) => total([...bars.values()].map(({ length }) => length));

describe('the example sma-cross', () => {
  it('prints the trades of a plain loop over dataset `reference`, each at the open after its signal', () => {
    expect(tradeRows).toEqual(
      resultOfReference.trades.map(({ time, symbol, side, price, quantity }) => {
        // New York has standard time in the whole week.
        const newYork = new Date(time - 5 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
        return [newYork, symbol, side, decimals(price), integer(quantity)];
      }),
    );
    expect(tradeRows.length).toBeGreaterThan(20);
  });

  it('prints the profit of each symbol, and how much of its data was repaired', () => {
    /** The figures of one row: of a symbol, or of all. */
    interface Figures {
      tradeCount: number;
      profit: number;
      bars: number;
      streamed: number;
      slots: number;
    }
    const row = (name: string, { tradeCount, profit, bars, streamed, slots }: Figures) => [
      name,
      integer(tradeCount),
      decimals(profit),
      integer(streamed),
      integer(bars - streamed),
      percent(bars, slots),
    ];
    const rowsOfSymbols = [...reference].map(([symbol, bars]) =>
      row(symbol, {
        tradeCount: resultOfReference.trades.filter((trade) => trade.symbol === symbol).length,
        profit: resultOfReference.profits.get(symbol)!,
        bars: bars.length,
        streamed: stream.get(symbol)!.length,
        slots: SLOTS,
      }),
    );
    expect(reference.size).toBe(10);
    const totalRow = row('total', {
      tradeCount: resultOfReference.trades.length,
      profit: total(resultOfReference.profits.values()),
      bars: countOf(reference),
      streamed: countOf(stream),
      slots: reference.size * SLOTS,
    });
    expect(symbolRows).toEqual([...rowsOfSymbols, totalRow]);
  });

  it('compares the result over repaired data with that over data with holes', () => {
    const repairedTrades = new Set(resultOfReference.trades.map((trade) => JSON.stringify(trade)));
    const inBoth = resultOfStream.trades.filter((trade) => repairedTrades.has(JSON.stringify(trade)));
    const row = (data: string, bars: PlainBars, result: PlainResult) => [
      data,
      ...[countOf(bars), result.trades.length, inBoth.length].map(integer),
      decimals(total(result.profits.values())),
    ];
    expect(comparisonRows).toEqual([
      row('repaired', reference, resultOfReference),
      row('as it came', stream, resultOfStream),
    ]);
    expect(inBoth.length).toBeLessThan(resultOfReference.trades.length);
  });

  it('I1 prints what its README shows, with both hashes, and leaves no session or key', async () => {
    expect(printed).toMatch(/\n\ndigest     [0-9a-f]{64}\ndelivered  [0-9a-f]{64}\n$/);
    expect(example.readme()).toContain(`$ npm run --silent example:sma-cross\n${printed}\`\`\`\n`);
    expect(await example.leftovers()).toEqual({ sessions: 0, keys: [] });
  });

  it('removes its sessions and keys when it is interrupted', () => expectCleanInterruption(example));
});
