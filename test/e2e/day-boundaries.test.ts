/**
 * Trading days: the events at their boundaries, days without a bar, days whose source is silent, dates without trading.
 * docs/ARCHITECTURE.md lists the invariants, such as I6.
 */
import type { Bar } from '@barkeep/bars';
import { Client } from 'pg';
import { Api } from '../support/system/api.js';
import { GATED, GatedRepository } from '../support/programs/gated-repository.js';
import { marketBars, tradingDays, writeBars, type BarsBySymbol } from '../support/data/market.js';
import { eventsOf, minuteByMinute, eventTexts } from '../support/sessions/session-events.js';
import { TestSystem } from '../support/system/system.js';

/** Trading days: 26, 27, 29 November, and 2, 3 December. The 28th is Thanksgiving, the 29th a half day. */
const DATES = { start: '2013-11-26', end: '2013-12-03' };
/** Only the repository has this day. */
const HALF_DAY = '2013-11-29';
/** A day that neither the source nor the repository has. */
const UNFILLABLE_DAY = '2013-12-02';
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'dataset', dataset: 'stream' }, backfill: [GATED] };
/** Slots of all symbols on a regular day, and on the half day. */
const DAY_SLOTS = 390 * SYMBOLS.length;
const HALF_DAY_SLOTS = 210 * SYMBOLS.length;
/** `feed` of a spec: it also limits how long a stream waits for the rows of a dataset. */
const TIMEOUT = { timeoutSeconds: 2 };

let system: TestSystem;
let repository: GatedRepository;
let api: Api;

beforeAll(async () => {
  const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 });
  repository = await GatedRepository.create(without(market, UNFILLABLE_DAY));
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: repository.modulePath });
  await writeBars(system.databaseUrl, 'stream', without(market, HALF_DAY, UNFILLABLE_DAY));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});

afterAll(async () => {
  await system?.close();
  await repository?.remove();
});

function without(market: BarsBySymbol, ...dates: string[]): BarsBySymbol {
  const isKept = ({ openTime }: Bar) => !dates.includes(new Date(openTime).toISOString().slice(0, 10));
  return new Map([...market].map(([symbol, bars]) => [symbol, bars.filter(isKept)]));
}

const events = (id: string) => eventsOf(system.sessionPrefix, id);

/** Starts a session. Its dataset cannot be read until the session's first day has timed out. */
async function runWithSilentSource(spec: object): Promise<string> {
  const client = new Client({ connectionString: system.databaseUrl });
  await client.connect();
  await client.query('BEGIN');
  await client.query('LOCK TABLE bars IN ACCESS EXCLUSIVE MODE');
  const id = await api.run(spec);
  await api.until(id, ({ timedOutDays }) => timedOutDays.length > 0);
  await client.query('ROLLBACK');
  await client.end();
  return id;
}

test('each trading day has the events opened, closing and closed once, with its counts; a holiday has none', async () => {
  const id = await api.run({ ...SPEC, id: 'events', end: HALF_DAY });
  await api.settled(id);
  const found = await events(id);
  const days = tradingDays({ ...DATES, end: HALF_DAY });
  const boundaries = found.filter(({ type }) => type !== 'clock');
  expect(boundaries.map(({ type, fields }) => `${fields['date']} ${type}`)).toEqual(
    ['2013-11-26', '2013-11-27', HALF_DAY].flatMap((date) => [
      `${date} day-opened`,
      `${date} day-closing`,
      `${date} day-closed`,
    ]),
  );
  const expected = eventTexts(minuteByMinute(days)).filter((text) => !text.startsWith('clock'));
  expect(eventTexts(boundaries)).toEqual(expected);

  // At full speed the clock stops only at opens and closes. It starts at the first open, so that stop has no event.
  const [, ...stops] = days.flatMap(({ segments }) => [segments[0]!.open, segments[0]!.close]);
  expect(found.filter(({ type }) => type === 'clock').map(({ time }) => time)).toEqual(stops);

  const [opened, closing, closed] = boundaries;
  const all = String(DAY_SLOTS);
  // `day-closing` comes when the last minute opens, so it does not count this minute's bars.
  const butLast = String(DAY_SLOTS - SYMBOLS.length);
  const half = String(HALF_DAY_SLOTS);
  expect(opened!.fields).toMatchObject({ symbols: '3', expected: all });
  expect(closing!.fields).toMatchObject({ expected: butLast, filled: butLast, streamed: butLast });
  expect(closed!.fields).toMatchObject({ expected: all, filled: all, streamed: all, missing: '0' });
  expect(boundaries.at(-1)!.fields).toMatchObject({ expected: half, streamed: '0', backfilled: half, missing: '0' });
});

test('I6 a day without any source bar is one gap, which is backfilled or becomes unfillable', async () => {
  const id = await api.run({ ...SPEC, id: 'whole-days' });
  await api.settled(id);
  const { counts, clock } = await api.session(id);
  expect(clock).toBe('2013-12-03T21:00:00.000Z');
  expect(counts).toMatchObject({
    expected: 4 * DAY_SLOTS + HALF_DAY_SLOTS,
    streamed: 3 * DAY_SLOTS,
    backfilled: HALF_DAY_SLOTS,
    unfillable: DAY_SLOTS,
    missing: 0,
    absent: 0,
  });
  for (const symbol of SYMBOLS) {
    expect(await api.gaps(id, symbol)).toEqual([
      {
        start: '2013-12-02T14:30:00.000Z',
        end: '2013-12-02T21:00:00.000Z',
        bars: 390,
        status: 'unfillable',
        attempts: 5, // the default of `maxRetries`
        lastError: null,
      },
    ]);
  }
  const closed = (await events(id)).filter(({ type }) => type === 'day-closed');
  const closedUnfilled = closed.find(({ fields }) => fields['date'] === UNFILLABLE_DAY);
  expect(closedUnfilled!.fields).toMatchObject({ filled: '0', missing: '0' });
});

test('a day whose source is silent is marked and repaired, and the stream continues', async () => {
  const id = await runWithSilentSource({ ...SPEC, id: 'silent', end: HALF_DAY, feed: TIMEOUT });
  const session = await api.settled(id);
  expect(session.timedOutDays).toEqual([DATES.start]);
  expect(session.warnings).toEqual([expect.stringContaining(`rows of ${DATES.start} may be missing`)]);
  // The first day is backfilled after its timeout, the half day because the source lacks it.
  const backfilled = DAY_SLOTS + HALF_DAY_SLOTS;
  expect(session.counts).toMatchObject({ streamed: DAY_SLOTS, backfilled, missing: 0 });
  const timedOut = (await events(id)).filter(({ type }) => type === 'day-timed-out');
  expect(timedOut.map(({ fields }) => fields)).toEqual([{ date: DATES.start, timeoutMs: '2000' }]);
});

test('a day whose source is silent is marked only once when it has many windows', async () => {
  const spec = { ...SPEC, id: 'silent-minutes', end: '2013-11-27', feed: TIMEOUT };
  const id = await runWithSilentSource({ ...spec, upkeep: { barrier: { minutes: 30 } } });
  const session = await api.settled(id);
  expect(session.timedOutDays).toEqual([DATES.start]);
  expect(session.counts).toMatchObject({ streamed: DAY_SLOTS, backfilled: DAY_SLOTS, missing: 0 });
});

test('a range without a trading day is refused', async () => {
  const { status, body } = await api.call('POST', '/v1/sessions', { ...SPEC, start: '2013-11-28', end: '2013-11-28' });
  expect(status).toBe(400);
  expect(body).toMatchObject({ problems: [{ field: 'start', expected: 'at least one trading day up to end' }] });
});
