/**
 * The clock of a session that is fed over HTTP: it waits for the slowest stream, and continues without a silent one. Bars may
 * come late, or while the session is paused.
 * docs/ARCHITECTURE.md lists the invariants, such as I2.
 */
import { Api } from '../support/system/api.js';
import { FeedRequests } from '../support/programs/feed-requests.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { eventsOf } from '../support/sessions/session-events.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2013-10-07', end: '2013-10-08' };
const SYMBOLS = ['AAA', 'BBB'];
const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 3 });
const [aaa, bbb] = [market.get('AAA')!, market.get('BBB')!];
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'feed' }, derivedIntervals: ['5m', '1h'] };
const BAR_BY_BAR = { barrier: 'none' };
/** Bars of both symbols on both days. */
const BARS = 2 * 2 * 390;

let system: TestSystem;
let api: Api;
let requests: FeedRequests;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', market);
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  requests = new FeedRequests(api);
});
afterAll(() => system?.close());

const eventsOfType = (id: string, type: string) => eventsOf(system.sessionPrefix, id, new Set([type]));
/** The open time of a bar, which is also the close of the bar before it. */
const openOf = (bars: typeof aaa, index: number) => new Date(bars[index]!.openTime).toISOString();

it('I2 without a barrier the clock moves bar by bar up to the slowest stream, and a late bar is counted at once', async () => {
  const id = await api.run({ ...SPEC, id: 'bar-by-bar', upkeep: BAR_BY_BAR });
  const countsAtClock = async (time: string) => (await api.until(id, ({ clock }) => clock === time)).counts;
  await requests.feed(id, 'AAA', aaa.slice(0, 7));
  await requests.feed(id, 'BBB', bbb.slice(0, 3));
  expect(await countsAtClock(openOf(bbb, 3))).toMatchObject({ expected: 6, streamed: 6 });
  expect(await api.bars(id, 'AAA', 'last=10')).toHaveLength(3);

  // BBB sends bar 4, without bars 3 and 5, and declares that it has sent all up to bar 6.
  await requests.feed(id, 'BBB', [bbb[4]!], `?through=${openOf(bbb, 6)}`);
  expect(await countsAtClock(openOf(bbb, 6))).toMatchObject({ expected: 12, streamed: 10 });
  const clocks = (await eventsOfType(id, 'clock')).map(({ time }) => time);
  expect(clocks).toEqual(aaa.slice(1, 7).map(({ openTime }) => openTime));

  // Bar 5 comes after the frontier has passed it.
  expect(await requests.feed(id, 'BBB', [bbb[5]!])).toMatchObject({ accepted: 1, late: 1 });
  expect((await api.session(id)).counts).toMatchObject({ expected: 12, streamed: 11 });
  const [late] = await eventsOfType(id, 'late-bars');
  expect(late!.fields).toEqual({ date: DATES.start, symbols: '{"BBB":1}' });
  expect(late!.time).toBe(0); // this type of event has no simulated time
});

it('I5 a day is derived again when a late bar comes to a completed session', async () => {
  const twin = await api.run({ ...SPEC, id: 'late-twin', source: { type: 'dataset', dataset: 'stream' } });
  await api.completed(twin);
  const id = await api.run({ ...SPEC, id: 'late' });
  const late = bbb[30]!;
  await requests.feed(id, 'AAA', aaa);
  const withoutLate = bbb.filter((bar) => bar !== late);
  await requests.feed(id, 'BBB', withoutLate);
  for (const symbol of SYMBOLS) await requests.end(id, symbol);
  expect((await api.completed(id)).counts).toMatchObject({ streamed: BARS - 1, absent: 1 });

  expect(await requests.feed(id, 'BBB', [late])).toMatchObject({ accepted: 1, late: 1 });
  const digest = await api.digest(twin);
  await api.eventually(
    () => api.digest(id),
    (seen) => seen === digest,
  );
  expect((await api.session(id)).counts).toEqual((await api.session(twin)).counts);
});

it('the clock continues without a silent stream, with an event, and waits for the stream again after its next bar', async () => {
  const id = await api.run({ ...SPEC, id: 'silent', feed: { timeoutSeconds: 2 }, upkeep: BAR_BY_BAR });
  await requests.feed(id, 'BBB', bbb.slice(0, 5));
  // AAA repeats a bar, so only BBB is silent.
  const repeating = setInterval(() => void requests.feed(id, 'AAA', [aaa[9]!]), 250);
  try {
    await api.until(id, ({ frontier }) => frontier === openOf(aaa, 10));
    const silent = await eventsOfType(id, 'stream-silent');
    expect(silent.map(({ fields }) => fields)).toEqual([{ symbol: 'BBB' }]);
    expect(silent[0]!.time).toBeGreaterThan(0);

    // BBB sends again. Its bars 5 to 9 are late, and from now on the frontier waits for it again.
    expect(await requests.feed(id, 'BBB', bbb.slice(5, 12))).toMatchObject({ accepted: 7, late: 5 });
    await requests.feed(id, 'AAA', aaa.slice(0, 30));
    await api.until(id, ({ frontier }) => frontier === openOf(bbb, 12));
  } finally {
    clearInterval(repeating);
  }
});

it('I1 a paused session stores bars, and completes after it is resumed', async () => {
  const id = await api.run({ ...SPEC, id: 'paused' });
  await requests.feed(id, 'AAA', aaa.slice(0, 400));
  await requests.feed(id, 'BBB', bbb);
  await api.until(id, ({ frontier }) => frontier === openOf(aaa, 400));
  await api.ok('POST', `/v1/sessions/${id}/pause`);
  await requests.feed(id, 'AAA', aaa);
  for (const symbol of SYMBOLS) await requests.end(id, symbol);
  expect((await api.session(id)).state).toBe('paused');
  await api.ok('POST', `/v1/sessions/${id}/resume`);
  expect((await api.completed(id)).counts).toMatchObject({ expected: BARS, streamed: BARS });
});
