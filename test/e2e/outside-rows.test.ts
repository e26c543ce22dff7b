/**
 * Rows and fed bars without a slot are counted: in wrong time zones, in breaks, on closed days and in extended hours (I10).
 * docs/ARCHITECTURE.md lists the invariants, such as I10.
 */
import { calendarNamed, DayGrid, parseInterval, type Bar, type Calendar, type TradingDay } from '@barkeep/bars';
import { Api, type Session } from '../support/system/api.js';
import { importLines } from '../support/data/import-lines.js';
import { marketBars, mulberry32, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Half a slot: of random multiples of it, about half are the open of a slot. */
const HALF_MINUTE = MINUTE / 2;
const NO_UPKEEP = { enabled: false };

let system: TestSystem;
let api: Api;
beforeAll(async () => {
  system = await TestSystem.create();
  api = new Api((await system.coordinator()).url);
});
afterAll(() => system?.close());

/** Values for bars of which only the time matters. */
const VALUES = { open: 10, high: 11, low: 9, close: 10, volume: 5 };

/** Bars of `count` successive minutes. */
function minuteBars(from: string, count: number): Bar[] {
  const start = Date.parse(from);
  return Array.from({ length: count }, (_, i) => ({ openTime: start + i * MINUTE, ...VALUES }));
}

/** Starts a session over a dataset. @returns its id */
const runOver = (dataset: string, spec: object) =>
  api.run({ ...spec, source: { type: 'dataset', dataset }, upkeep: NO_UPKEEP });

/** Stores bars in a new dataset and runs a session over it. @returns the session in the operator's view */
async function sessionOver(id: string, bars: Record<string, Bar[]>, spec: object): Promise<Session> {
  await writeBars(system.databaseUrl, id, new Map(Object.entries(bars)));
  return api.completed(await runOver(id, { ...spec, id, symbols: Object.keys(bars) }));
}

/** All bars of a trading day. */
const dayBars = (date: string, calendar = 'XNYS') =>
  marketBars({ symbols: ['ACME'], start: date, end: date, seed: 4, calendar }).get('ACME')!;

/** Makes rows of a dataset invalid, where the SQL condition holds. */
async function invalidate(dataset: string, condition: string): Promise<void> {
  await system.query(
    `UPDATE bars SET low = -1 WHERE ${condition} AND dataset_id = (SELECT id FROM datasets WHERE name = $1)`,
    [dataset],
  );
}

test('I10 rows that were imported in the wrong time zone are counted, with a warning about the zone', async () => {
  // A regular day of New York in local times without a zone, which the import reads as UTC.
  const rows = minuteBars('2024-03-04T09:30:00Z', 390).map(({ openTime }) => {
    const localTime = new Date(openTime).toISOString().replace('T', ' ').replace('.000Z', '');
    return `${localTime},10,11,9,10,5`;
  });
  await importLines(system, 'local-times', ['time,open,high,low,close,volume', ...rows], '--symbol', 'ACME');
  const dates = { start: '2024-03-04', end: '2024-03-04' };
  await runOver('local-times', { id: 'wrong-zone', symbols: ['ACME'], ...dates });
  const { counts, warnings } = await api.completed('wrong-zone');
  // Read as UTC, the rows begin at 04:30 in New York. The 300 rows before 09:30 are in the extended hours of XNYS.
  expect(counts).toMatchObject({ streamed: 90, refused: 0, outside: 0, extended: 300 });
  expect(warnings).toEqual([
    '300 of 390 rows of ACME on 2024-03-04 are outside XNYS regular hours; is the time zone right?',
  ]);
  expect(await api.metrics('wrong-zone', 'ACME')).toMatchObject({
    extended: 300,
    outsideExamples: ['2024-03-04T09:30:00.000Z'],
  });
});

/** `inside`: minutes that are in slots after the shift; `outside`: those that are not. Minutes on another date are in no count. */
test.each([
  { calendar: 'XLON', shiftHours: -1, outside: 60, inside: 450 },
  { calendar: 'XTKS', shiftHours: -9, outside: 300, inside: 0 },
  { calendar: 'XHKG', shiftHours: -8, outside: 330, inside: 0 },
  { calendar: 'XBOM', shiftHours: -5.5, outside: 330, inside: 45 },
  { calendar: 'XASX', shiftHours: 10, outside: 240, inside: 0 },
])(
  'I10 when a day of $calendar is shifted by the offset of its time zone, its rows outside of the hours are counted',
  async ({ calendar, shiftHours, outside, inside }) => {
    const date = '2024-07-04';
    const bars = dayBars(date, calendar).map((bar) => ({ ...bar, openTime: bar.openTime + shiftHours * HOUR }));
    const spec = { start: date, end: date, calendar };
    const { counts, warnings } = await sessionOver(`zone-${calendar}`, { ACME: bars }, spec);
    expect(counts).toMatchObject({ streamed: inside, outside, extended: 0, refused: 0 });
    expect(warnings).toEqual([
      `${outside} of ${outside + inside} rows of ACME on ${date} are outside ${calendar} regular hours; is the time zone right?`,
    ]);
  },
);

test.each([
  ['XHKG', '2024-03-04T04:10:00Z'],
  ['XTKS', '2024-03-04T02:40:00Z'],
])('I10 a row in the lunch break of %s is outside', async (calendar, time) => {
  const spec = { start: '2024-03-04', end: '2024-03-04', calendar };
  const day = dayBars('2024-03-04', calendar);
  const bars = [...day, ...minuteBars(time, 1)];
  const { counts, warnings } = await sessionOver(`lunch-${calendar}`, { ACME: bars }, spec);
  expect(counts).toMatchObject({ streamed: day.length, outside: 1, extended: 0, missing: 0 });
  expect(warnings).toEqual([]);
});

test('I10 a week that opens on Sunday evening has no row outside', async () => {
  const spec = { start: '2024-03-04', end: '2024-03-08', calendar: 'CMES' };
  const bars = marketBars({ symbols: ['ES'], seed: 4, ...spec }).get('ES')!;
  const { counts, warnings } = await sessionOver('overnight', { ES: bars }, spec);
  expect(counts).toMatchObject({ streamed: bars.length, outside: 0, extended: 0, missing: 0 });
  expect(warnings).toEqual([]);
});

test('I10 a row that is added after a session has counted its dataset is counted by the next sessions', async () => {
  const dates = { start: '2024-03-04', end: '2024-03-04' };
  const { counts } = await sessionOver('growing', { ACME: dayBars('2024-03-04') }, dates);
  expect(counts).toMatchObject({ outside: 0, extended: 0 });
  await writeBars(system.databaseUrl, 'growing', new Map([['ACME', minuteBars('2024-03-04T06:00:00Z', 1)]]));
  for (const id of ['next', 'after-next']) {
    await runOver('growing', { id, symbols: ['ACME'], ...dates });
    expect((await api.completed(id)).counts).toMatchObject({ outside: 1, extended: 0 });
  }
});

describe('a dataset with rows of every kind', () => {
  const DATES = { start: '2024-03-08', end: '2024-03-11' };
  const whole = marketBars({ symbols: ['AAA', 'BBB'], seed: 5, ...DATES });
  const messy = {
    AAA: [
      ...whole.get('AAA')!.slice(0, 500), // all of Friday and a part of Monday
      ...minuteBars('2024-03-08T10:00:00Z', 20), // before the open on Friday: extended
      ...minuteBars('2024-03-09T02:00:00Z', 7), // Friday night: outside
      ...minuteBars('2024-03-09T15:00:00Z', 11), // Saturday: outside
      ...minuteBars('2024-03-11T04:30:00Z', 13), // Monday, after midnight in New York: outside
      ...minuteBars('2024-03-11T19:58:30Z', 2), // not at the open of a slot: refused
      ...minuteBars('2024-03-12T04:30:00Z', 17), // Tuesday: no date of the session
      ...minuteBars('2024-03-08T04:30:00Z', 19), // Thursday in New York: no date of the session
    ],
    BBB: whole.get('BBB')!,
  };
  const REFUSED = 2;
  const WITHOUT_SLOT = { outside: 7 + 11 + 13, extended: 20 };

  /** Number of rows between the local midnights of the first and the last date, from PostgreSQL. */
  async function rowsBetweenMidnights(dataset: string): Promise<number> {
    const [row] = await system.query<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM bars b JOIN datasets d ON d.id = b.dataset_id
       WHERE d.name = $1 AND ("time" AT TIME ZONE 'America/New_York')::date BETWEEN $2 AND $3`,
      [dataset, DATES.start, DATES.end],
    );
    return row!.rows;
  }

  test('I10 the counts add up to the rows between the midnights: as they are, with invalid rows, and with derived bars', async () => {
    const spec = { symbols: ['AAA', 'BBB'], ...DATES };
    await sessionOver('messy', messy, DATES);
    await invalidate('messy', `"time" = '2024-03-08T15:00Z'`); // one row of each symbol
    await runOver('messy', { ...spec, id: 'messy-invalid' });
    await runOver('messy', { ...spec, id: 'messy-derived', derivedIntervals: ['5m', '1d'] });
    for (const [id, expectedRefused] of [
      ['messy', REFUSED],
      ['messy-invalid', REFUSED + 2],
      ['messy-derived', REFUSED + 2],
    ] as const) {
      const { counts } = await api.completed(id);
      expect(counts).toMatchObject({ ...WITHOUT_SLOT, refused: expectedRefused });
      const { streamed, refused, outside, extended } = counts;
      const rows = streamed + refused + outside + extended;
      expect({ id, rows }).toEqual({ id, rows: await rowsBetweenMidnights('messy') });
    }
  });

  test('I10 metrics have the counts of their symbol and an example of each date, and a warning names the first date', async () => {
    const { outside, extended, outsideExamples } = await api.metrics('messy', 'AAA');
    expect({ outside, extended }).toEqual(WITHOUT_SLOT);
    expect(outsideExamples).toEqual([
      '2024-03-08T10:00:00.000Z',
      '2024-03-09T15:00:00.000Z',
      '2024-03-11T04:30:00.000Z',
    ]);
    expect(await api.metrics('messy', 'BBB')).toMatchObject({ outside: 0, extended: 0 });
    // Friday has 390 bars of AAA in slots, 20 extended and 7 outside.
    expect((await api.session('messy')).warnings).toEqual([
      expect.stringMatching(
        /^7 of 417 rows of AAA on 2024-03-08 are outside XNYS regular hours; .* 2 more days of its symbols\.$/,
      ),
    ]);
  });

  test('I10 in a session of extended hours the rows of extended hours are in slots', async () => {
    const { counts } = await sessionOver('messy-extended', messy, { ...DATES, hours: 'extended' });
    expect(counts).toMatchObject({ outside: WITHOUT_SLOT.outside, extended: 0 });
  });

  test('I10 no row is counted twice when the owner crashes and a symbol is added', async () => {
    await writeBars(system.databaseUrl, 'taken', new Map(Object.entries(messy)));
    const owner = await system.coordinator();
    const ownerApi = new Api(owner.url);
    const source = { type: 'dataset', dataset: 'taken' };
    // No consumer joins, so the clock stays at the open of the first day.
    const pace = { mode: 'lockstep', consumers: 1 };
    await ownerApi.run({ id: 'taken', symbols: ['AAA'], ...DATES, source, pace, upkeep: NO_UPKEEP });
    await ownerApi.until('taken', ({ counts }) => counts.outside === WITHOUT_SLOT.outside);
    await owner.signal('SIGKILL');
    await api.ok('POST', '/v1/sessions/taken/symbols/BBB');
    // Two symbols on two days.
    await api.until('taken', ({ counts }) => counts.expected === 2 * 2 * 390, 60_000);
    expect((await api.session('taken')).counts).toMatchObject(WITHOUT_SLOT);
    // These are the counts that a strategy sees, before the clock has moved.
    expect(await api.metrics('taken', 'AAA')).toMatchObject({ outside: 0, extended: 0 });
  });

  test('I2 a strategy does not see counts of rows outside before the clock has passed the midnight of their date', async () => {
    const seenByStrategy = (id: string) => api.ok<Session>('GET', `/v1/sessions/${id}`);
    await writeBars(system.databaseUrl, 'ahead', new Map(Object.entries(messy)));
    // The clock moves once in ten minutes, so it stays on the first date.
    const pace = { mode: 'clock', speed: 0.1 };
    await runOver('ahead', { id: 'ahead', symbols: ['AAA'], ...DATES, pace });
    const seenByOperator = await api.until('ahead', ({ counts }) => counts.outside === WITHOUT_SLOT.outside);
    expect(seenByOperator.warnings).toHaveLength(1);
    const { counts, warnings } = await seenByStrategy('ahead');
    expect(counts).toMatchObject({ outside: 0, extended: 0, refused: 0 });
    expect(warnings).toEqual([]);
    expect(await api.metrics('ahead', 'AAA')).toMatchObject({ outside: 0, extended: 0, outsideExamples: [] });
    await api.ok('POST', '/v1/sessions/ahead/stop');

    await sessionOver('passed', messy, DATES);
    expect((await seenByStrategy('passed')).counts).toMatchObject(WITHOUT_SLOT);
  });
});

/** A stretch of time, epoch ms. The end is exclusive. */
interface Span {
  from: number;
  to: number;
}

/** The time whose rows a session counts: its dates, and segments that begin before the first or end after the last of them. */
function countedSpan(calendar: Calendar, start: string, end: string, days: readonly TradingDay[]): Span {
  const dayAfter = new Date(Date.parse(end) + 24 * HOUR).toISOString().slice(0, 10);
  return {
    from: Math.min(calendar.startOf(start), days[0]!.segments[0]!.open),
    to: Math.max(calendar.startOf(dayAfter), days.at(-1)!.segments.at(-1)!.close),
  };
}

/** At most 1,500 bars at random multiples of half a minute, from 30 hours before the span to 30 hours after it. */
function barsAtRandomTimes(span: Span, random: () => number): Bar[] {
  const from = span.from - 30 * HOUR;
  const steps = (span.to + 30 * HOUR - from) / HALF_MINUTE;
  const randomTime = () => from + Math.floor(random() * steps) * HALF_MINUTE;
  const times = new Set(Array.from({ length: 1_500 }, randomTime));
  return [...times].map((openTime) => ({ openTime, ...VALUES }));
}

/**
 * Days with an early close, breaks, holidays, evenings and no night at all. Each range ends on a date without a later open,
 * and has three trading days at most: a session stages no more before its clock moves.
 */
test.each([
  ['XNYS', '2024-07-02', '2024-07-05', 'regular'],
  ['XNYS', '2024-11-27', '2024-12-01', 'extended'],
  ['XTKS', '2024-03-18', '2024-03-21', 'regular'],
  ['XHKG', '2024-12-23', '2024-12-27', 'regular'],
  ['CMES', '2024-07-03', '2024-07-05', 'regular'],
  ['FX', '2024-03-06', '2024-03-08', 'regular'],
  ['24/5', '2024-03-07', '2024-03-08', 'regular'],
  ['24/7', '2024-03-09', '2024-03-10', 'regular'],
] as const)(
  'I10 the counts of rows at random times of %s, %s to %s add up, also after a symbol was added and one was removed',
  async (calendarId, start, end, hours) => {
    const calendar = calendarNamed(calendarId);
    const days = [...calendar.tradingDays(start, end, hours)];
    const counted = countedSpan(calendar, start, end, days);
    const random = mulberry32(17);
    const market = new Map(['AAA', 'BBB', 'CCC'].map((symbol) => [symbol, barsAtRandomTimes(counted, random)]));
    // The name of the dataset and of the session.
    const name = `random-${calendarId.replace('/', '-')}-${hours}`;
    await writeBars(system.databaseUrl, name, market);
    await invalidate(name, 'extract(minute FROM "time") = 7'); // about one row in 60
    const slots = days.reduce((sum, day) => sum + new DayGrid(day, parseInterval('1m')).slotCount, 0);
    // 24/5 and 24/7 never close on the dates.
    const hasClosedTime = calendarId !== '24/5' && calendarId !== '24/7';
    /** Waits until the session has counted all rows of these symbols. */
    const countsAddUp = async (symbols: readonly string[]) => {
      const bars = symbols.flatMap((symbol) => market.get(symbol)!);
      const rows = bars.filter(({ openTime }) => openTime >= counted.from && openTime < counted.to).length;
      // Rows outside are counted some time after the stream.
      const { counts } = await api.until(name, ({ counts: { expected, streamed, refused, outside, extended } }) => {
        return expected === symbols.length * slots && streamed + refused + outside + extended === rows;
      });
      expect(counts.outside > 0).toBe(hasClosedTime);
    };
    const spec = { symbols: ['AAA', 'BBB'], calendar: calendarId, start, end, hours };
    await runOver(name, { ...spec, id: name, pace: { mode: 'lockstep' } });
    await countsAddUp(['AAA', 'BBB']);
    await api.ok('POST', `/v1/sessions/${name}/symbols/CCC`);
    await countsAddUp(['AAA', 'BBB', 'CCC']);
    await api.ok('DELETE', `/v1/sessions/${name}/symbols/BBB`);
    await countsAddUp(['AAA', 'CCC']);
    await api.ok('POST', `/v1/sessions/${name}/stop`);
  },
);

test('I10 fed bars without a slot are counted as outside or extended, not as refused', async () => {
  const dates = { start: '2024-03-04', end: '2024-03-05' };
  await api.run({ id: 'fed', symbols: ['ACME'], ...dates, source: { type: 'feed' }, upkeep: NO_UPKEEP });
  const bars = [
    ...dayBars('2024-03-04'),
    ...minuteBars('2024-03-04T21:10:00Z', 30), // after the close, extended
    ...minuteBars('2024-03-05T02:00:00Z', 20), // night
    { ...minuteBars('2024-03-05T15:00:00Z', 1)[0]!, high: 1 }, // refused
  ];
  const fed = await api.ok<{ refused: object }>('POST', '/v1/sessions/fed/symbols/ACME/bars', bars);
  expect(fed.refused).toEqual({ 'outside-calendar': 50, 'high-below-low': 1 });
  const { counts, warnings } = await api.until('fed', (session) => session.counts.streamed === 390);
  expect(counts).toMatchObject({ refused: 1, outside: 20, extended: 30 });
  expect(warnings).toEqual(['20 of 440 fed bars are outside XNYS regular hours; is the time zone right?']);
  const metrics = await api.ok<object>('GET', '/v1/sessions/fed/symbols/ACME/metrics?view=operator');
  expect(metrics).toMatchObject({ refused: { 'high-below-low': 1 }, outside: 20, extended: 30 });
  await api.ok('POST', '/v1/sessions/fed/stop');
});
