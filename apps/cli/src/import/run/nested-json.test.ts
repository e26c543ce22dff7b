/** JSON whose rows have objects inside, or are under their times. */
import { parseColumnsOption } from '../detect/index.js';
import { HOUR_MS, isoText, MINUTE_MS, OPEN } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  STORE_AS_X,
  symbolsOf,
  TIME,
} from '../../../../../test/support/data/imported-file.js';

const jsonOf = (value: unknown): string => JSON.stringify(value);
const PRICES = { o: '10', h: '11', l: '9', c: '10.5' };
/** The stored bar of minute 0. */
const BAR = ['X', '2024-03-04T14:30Z', 10, 11, 9, 10.5, 5];

describe('an answer of OANDA, whose candles have their prices in objects', () => {
  const candle = (minute: number, prices: object, complete = true) => {
    return { complete, volume: 5, time: isoText(OPEN + minute * MINUTE_MS), ...prices };
  };
  const answer = (...candles: object[]): string => jsonOf({ instrument: 'EUR_USD', granularity: 'M1', candles });
  const both = answer(candle(0, { bid: { ...PRICES, o: '9.5' }, mid: PRICES }));

  it.each(['mid', 'bid'])('is read when they have one such object, here "%s"', async (name) => {
    const { bars, summary } = await imported('a.json', answer(candle(0, { [name]: PRICES })), STORE_AS_X);
    expect(bars).toEqual([BAR]);
    expect(summary.understood[0]?.columns).toMatchObject({ time: 'time', open: `${name}.o`, volume: 'volume' });
  });

  it('is read when each candle has a line', async () => {
    const lines = [candle(0, { mid: PRICES }), candle(1, { mid: PRICES })].map((line) => `${jsonOf(line)}\n`);
    expect((await imported('a.ndjson', lines.join(''), STORE_AS_X)).bars).toHaveLength(2);
  });

  it('is sampled at its end, too', async () => {
    const many = Array.from({ length: 5000 }, (_, minute) => candle(minute, { mid: PRICES }));
    const { summary } = await imported('a.json', answer(...many), STORE_AS_X);
    expect(summary.understood[0]?.last?.openTime).toBe(OPEN + 4999 * MINUTE_MS);
  });

  it('is refused when they have several, and the refusal names them', async () => {
    const result = await imported('a.json', both, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unusable-header': 1 } });
    expect(detailOf(result)).toContain('expected one object with prices, was bid, mid');
    expect(detailOf(result)).toContain('--columns open=bid.o,high=bid.h,low=bid.l,close=bid.c');
  });

  it('is read by the keys that --columns names', async () => {
    const columns = parseColumnsOption('open=mid.o,high=mid.h,low=mid.l,close=mid.c');
    expect((await imported('a.json', both, { read: { symbol: 'X', columns } })).bars).toEqual([BAR]);
  });

  it('has a candle refused whose key "complete" is false: it was not over when the answer was sent', async () => {
    const many = Array.from({ length: 300 }, (_, minute) => candle(minute, { mid: PRICES })); // more than a sample
    const result = await imported('a.json', answer(...many, candle(300, { mid: PRICES }, false)), STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 300, refused: { 'incomplete-bar': 1 } });
    expect(detailOf(result)).toContain('the column "complete" says false');
  });

  it('has such a candle read with --columns complete=none', async () => {
    const text = answer(candle(0, { mid: PRICES }), candle(1, { mid: PRICES }, false));
    const columns = parseColumnsOption('complete=none');
    expect((await imported('a.json', text, { read: { symbol: 'X', columns } })).bars).toHaveLength(2);
  });

  it.each([
    ['is missing', {}, 'not-a-number'],
    ['is null', { mid: null }, 'not-a-number'],
    ['has no prices', { mid: {} }, 'missing-fields'],
  ])('has a candle refused whose object %s', async (_, prices, reason) => {
    const result = await imported('a.json', answer(candle(0, { mid: PRICES }), candle(1, prices)), STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { [reason]: 1 } });
  });
});

describe('rows with objects inside', () => {
  const time = isoText(OPEN);

  it('have their own prices read, although an object has prices, too', async () => {
    const row = { time, ...PRICES, v: 5, previous: { o: 1, h: 1, l: 1, c: 1, v: 1 } };
    expect((await imported('a.json', jsonOf([row]), STORE_AS_X)).bars).toEqual([BAR]);
  });

  it('may have keys with dots that are usual names', async () => {
    const prices = { 'open.price': 10, 'high.price': 11, 'low.price': 9, 'close.price': 10.5 };
    const row = { 'time.utc': '2024-03-04 14:30:00', ...prices, 'base.volume': 5 };
    expect((await imported('a.json', jsonOf([row]), STORE_AS_X)).bars).toEqual([BAR]);
  });

  it('are refused when bid and ask have prices under whole names, too', async () => {
    const prices = { open: 10, high: 11, low: 9, close: 10.5 };
    const result = await imported('a.json', jsonOf([{ time, bid: prices, ask: prices, v: 5 }]), STORE_AS_X);
    expect(detailOf(result)).toContain('expected one object with prices, was bid, ask');
  });

  it('have no volume taken from an object without prices', async () => {
    const result = await imported('a.json', jsonOf([{ time, ...PRICES, taker: { volume: 3 } }]), STORE_AS_X);
    expect(reasonsOf(result)).toEqual({ 'unusable-header': 1 });
    expect(detailOf(result)).toContain('expected columns for volume');
  });

  it('have no symbol taken from such an object', async () => {
    const result = await imported('a.json', jsonOf([{ time, ...PRICES, v: 5, exchange: { code: 'NYSE' } }]));
    expect(detailOf(result)).toContain('expected a symbol column');
  });

  it('are refused when two objects have a time', async () => {
    const row = { sent: { time: isoText(OPEN + HOUR_MS) }, hd: { ts_event: time }, ...PRICES, v: 5 };
    expect(detailOf(await imported('a.json', jsonOf([row]), STORE_AS_X))).toContain(
      'expected one time, was sent.time, hd.ts_event',
    );
  });

  it('of Elasticsearch have the fields of "_source" read, and not those beside it', async () => {
    const rows = [{ _index: 'bars', _source: { symbol: 'A', time, ...PRICES, v: 5 } }];
    expect((await imported('a.json', jsonOf({ hits: { hits: rows } }))).bars).toEqual([['A', ...BAR.slice(1)]]);
  });

  it('are not confused with an answer that has no rows, but facts in "meta"', async () => {
    const meta = { symbol: 'A', interval: '1min', currency: 'USD', exchange: 'NYSE', type: 'Stock' };
    const empty = { meta, values: [] };
    const full = { meta, values: [{ datetime: '2024-03-04 14:30:00', ...PRICES, v: 5 }] };
    for (const text of [jsonOf([empty, full]), `${jsonOf(empty)}\n${jsonOf(full)}`])
      expect((await imported('a.json', text, STORE_AS_X)).bars).toEqual([BAR]);
  });
});

describe('objects under their times', () => {
  const values = { ...PRICES, v: 5 };

  it.each([
    ['an ISO time', isoText(OPEN)],
    ['an epoch', String(OPEN)],
  ])('are read: %s', async (_, time) => {
    expect((await imported('a.json', jsonOf({ [time]: values }), STORE_AS_X)).bars).toEqual([BAR]);
  });

  it('are refused when they are of two symbols and --symbol names one', async () => {
    const ofSymbol = { [isoText(OPEN)]: values };
    const result = await imported('a.json', jsonOf({ data: { A: ofSymbol, B: ofSymbol } }), STORE_AS_X);
    expect(reasonsOf(result)).toEqual({ 'other-symbol': 1 });
  });

  it('are read by a time of their own, if they have one: the key may be the number of an instrument', async () => {
    const result = await imported('a.json', jsonOf({ 1234567890: { timestamp: OPEN, ...values } }), STORE_AS_X);
    expect(result.bars).toEqual([BAR]);
    // "index" is the column of the keys.
    expect(result.summary.warnings.join()).toContain('"index" has other times');
  });

  it('are sampled at the end of their file, too: the summary shows the last bar', async () => {
    const times = Array.from({ length: 5000 }, (_, minute) => [isoText(OPEN + minute * MINUTE_MS), values]);
    const { summary } = await imported('a.json', jsonOf({ B: Object.fromEntries(times) }), {
      read: { symbolFromKey: true },
    });
    expect(summary.understood[0]?.last?.openTime).toBe(OPEN + 4999 * MINUTE_MS);
  });

  it('are sampled to the last symbol when the end of the file has several', async () => {
    const times = Array.from({ length: 5000 }, (_, minute) => [isoText(OPEN + minute * MINUTE_MS), values] as const);
    const lists = times.map(([time, value]) => ({ time, ...value }));
    const symbols = { A: times, B: times.slice(0, 300), C: times.slice(0, 10) };
    const objects = Object.entries(symbols).map(([symbol, rows]) => [symbol, Object.fromEntries(rows)]);
    const arrays = Object.entries(symbols).map(([symbol, rows]) => [symbol, lists.slice(0, rows.length)]);
    for (const bySymbol of [objects, arrays]) {
      const text = jsonOf({ bars: Object.fromEntries(bySymbol), next: null, meta: { a: 1 } });
      const { summary } = await imported('a.json', text, { read: { symbolFromKey: true } });
      expect(summary.understood[0]?.last?.openTime).toBe(OPEN + 9 * MINUTE_MS);
    }
  });

  it('are refused when the times are dates: they are daily bars', async () => {
    const result = await imported('a.json', jsonOf({ '2024-03-04': values }), STORE_AS_X);
    expect(reasonsOf(result)).toEqual({ 'date-without-time': 1 });
  });

  it('are counted as refused when they are no objects', async () => {
    const text = jsonOf({ note: 'x', [isoText(OPEN)]: values, [isoText(OPEN + MINUTE_MS)]: null });
    expect(countsOf(await imported('a.json', text, STORE_AS_X))).toEqual({ bars: 1, refused: { 'missing-fields': 1 } });
  });

  it('are not taken for bars when they have no open: splits beside an array of bars', async () => {
    const splits = { [OPEN / 1000]: { date: OPEN / 1000, numerator: 4, denominator: 1, ratio: '4:1', kind: 'split' } };
    const text = jsonOf({ events: { splits }, bars: [{ t: OPEN, ...values }] });
    expect(countsOf(await imported('a.json', text, STORE_AS_X))).toEqual({ bars: 1, refused: {} });
  });

  it('are read in the time of New York from an answer of Alpha Vantage, and in UTC from one about currencies', async () => {
    const bar = { '1. open': '10', '2. high': '11', '3. low': '9', '4. close': '10.5', '5. volume': '5' };
    const answer = (key: string): string =>
      jsonOf({ 'Meta Data': { '2. Symbol': 'IBM' }, [key]: { '2024-03-04 09:30:00': bar } });
    const shares = await imported('a.json', answer('Time Series (1min)'), STORE_AS_X);
    expect(shares.bars).toEqual([BAR]);
    expect(shares.summary.warnings.join()).toContain('the file names the symbol IBM');
    const currency = await imported('a.json', answer('Time Series Crypto (1min)'), STORE_AS_X);
    expect(currency.bars[0]?.[TIME]).toBe('2024-03-04T09:30Z');
    expect(symbolsOf(currency)).toEqual(['X']);
  });
});
