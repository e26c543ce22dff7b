/** Bars that are read with `fill=forward`, through the API and the client library: in one answer, and in pages. */
import { BARS_MAX } from '@barkeep/api';
import { connect, CoordinatorClient } from '@barkeep/client';
import { writeBars } from '../support/data/market.js';
import { MARS_SLOTS } from '../support/data/mars.js';
import type { Api, ApiBar } from '../support/system/api.js';
import { MARS_BAR_COUNT, MarsSystem } from '../support/system/mars-system.js';

const MINUTE = 60_000;
/** The first open and the last close of MARS_DATES. */
const [FIRST_OPEN, LAST_CLOSE] = [Date.UTC(2024, 2, 4, 8), Date.UTC(2024, 2, 6, 13)];

let mars: MarsSystem;
let api: Api;
beforeAll(async () => {
  mars = await MarsSystem.start('reading-http');
  ({ api } = mars);
});
afterAll(() => mars?.close());

test('fill=forward fills the slots after the first bar, and those of a range', async () => {
  const read = (query: string) => api.bars('mars', 'AAA', query);
  expect(await read('last=500')).toHaveLength(MARS_BAR_COUNT);
  expect(await read('last=500&fill=none')).toHaveLength(MARS_BAR_COUNT);
  const filled = await read('last=500&fill=forward');
  // There is no close before the first bar, which is in slot 5.
  const shown = 2 * MARS_SLOTS - 5; // MARS trades on two of the dates
  expect(filled).toHaveLength(shown);
  expect(filled.filter(({ origin }) => origin === 'filled-forward')).toHaveLength(shown - MARS_BAR_COUNT);
  expect(Date.parse(filled[0]!.openTime)).toBe(FIRST_OPEN + 5 * MINUTE);
  expect(Date.parse(filled.at(-1)!.closeTime)).toBe(LAST_CLOSE);

  // The bar in slot 19, the empty slots 20 to 22, and the bar in slot 23.
  const [from, to] = [19, 24].map((slot) => new Date(FIRST_OPEN + slot * MINUTE).toISOString());
  const bars = await read(`from=${from}&to=${to}&fill=forward`);
  expect(bars.map(({ origin, sourceCount }) => [origin, sourceCount])).toEqual([
    ['streamed', 1],
    ['filled-forward', 0],
    ['filled-forward', 0],
    ['filled-forward', 0],
    ['streamed', 1],
  ]);
  const { close } = bars[0]!;
  expect(bars[2]).toMatchObject({ open: close, close, volume: 0, complete: false });
});

test('fill=forward fills the latest bars too, except of a symbol without a bar', async () => {
  const latest = await api.ok<ApiBar>('GET', '/v1/sessions/mars/symbols/AAA/bars/latest?fill=forward');
  expect(latest).toMatchObject({ origin: 'filled-forward', closeTime: new Date(LAST_CLOSE).toISOString() });
  const latestOfBoth = await api.ok('GET', '/v1/sessions/mars/latest?symbols=AAA,EMPTY&fill=forward');
  expect(latestOfBoth).toEqual({ AAA: latest, EMPTY: null });
  const ofEmpty = await api.call('GET', '/v1/sessions/mars/symbols/EMPTY/bars/latest?fill=forward');
  expect(ofEmpty.status).toBe(404);
});

describe('more bars than one answer may have', () => {
  const FROM = '2024-03-04T00:00:00Z';
  /** The end of the first `slots` minutes after FROM, which are all slots, because the session trades around the clock. */
  const endOf = (slots: number) => new Date(Date.parse(FROM) + slots * MINUTE).toISOString();
  /** The slots of the session's eight days: more than BARS_MAX. */
  const SLOTS = 8 * 24 * 60;

  beforeAll(async () => {
    const first = { openTime: Date.parse(FROM), open: 1, high: 1, low: 1, close: 1, volume: 1 };
    await writeBars(mars.database.url, 'one-bar', new Map([['AAA', [first]]]));
    const source = { type: 'dataset', dataset: 'one-bar' };
    const dates = { calendar: '24/7', start: '2024-03-04', end: '2024-03-11' };
    await api.run({ ...dates, id: 'long', symbols: ['AAA'], source, upkeep: { enabled: false } });
    await api.completed('long');
  });
  afterAll(() => api.ok('DELETE', '/v1/sessions/long'));

  it('a page has a link to the next page, unless it reaches the end of the range', async () => {
    const path = (to: string) => `/v1/sessions/long/symbols/AAA/bars?fill=forward&from=${FROM}&to=${to}`;
    const linkOf = async (to: string) => (await fetch(mars.coordinator.url + path(to))).headers.get('link');
    expect(await linkOf(endOf(BARS_MAX))).toBeNull();
    const next = /^<(.+)>; rel="next"$/.exec((await linkOf(endOf(SLOTS)))!)![1]!;
    const rest = await api.ok<ApiBar[]>('GET', next);
    expect(rest).toHaveLength(SLOTS - BARS_MAX);
    expect(rest[0]!.openTime).toBe(endOf(BARS_MAX));
  });

  it('a reader of the client library reads all of them', async () => {
    const barkeep = connect({
      coordinator: mars.coordinator.url,
      redis: process.env['SESSION_REDIS_URL'],
      keyPrefix: mars.prefix,
    });
    const reader = await barkeep.session('long').reader();
    const filled = { fill: 'forward' } as const;
    expect(await reader.barsBetween('AAA', '1m', 0, Infinity, undefined, filled)).toHaveLength(SLOTS);
    expect(await reader.barsSince('AAA', '1m', 0, undefined, filled)).toHaveLength(SLOTS);
    expect(await reader.barsSince('AAA', '1m', 0, 3, filled)).toHaveLength(3);
    await barkeep.close();
  });

  it.each([
    [endOf(SLOTS), SLOTS],
    [undefined, SLOTS],
    [endOf(BARS_MAX), BARS_MAX],
  ])('a client of the coordinator reads all of them, up to %s', async (to, count) => {
    const client = new CoordinatorClient(mars.coordinator.url, undefined, new AbortController().signal);
    const bars = await client.bars('long', 'AAA', { from: FROM, to, fill: 'forward' });
    expect(bars.map(({ openTime }) => openTime)).toEqual(Array.from({ length: count }, (_, slot) => endOf(slot)));
  });
});

test('an unknown value of fill is refused, and the answer lists the known ones', async () => {
  expect(await api.call('GET', '/v1/sessions/mars/symbols/AAA/bars?fill=backward')).toMatchObject({
    status: 400,
    body: { problems: [{ field: 'fill', expected: 'one of none, forward' }] },
  });
});
