/** Rows and fed bars without a slot are counted: in wrong time zones, in breaks, on closed days and in extended hours (I10). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calendarNamed, DayGrid, parseInterval, type Bar } from '@barkeep/bars';
import { Api, type Session } from '../support/system/api.js';
import { marketBars, mulberry32, writeBars } from '../support/data/market.js';
import { type SystemProcess, TestSystem } from '../support/system/system.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NO_UPKEEP = { enabled: false };

let system: TestSystem;
let coordinator: SystemProcess;
let api: Api;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-outside-'));
  system = await TestSystem.create();
  coordinator = await system.coordinator();
  api = new Api(coordinator.url);
}, 60_000);
afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The values of bars of which only the time matters. */
const VALUES = { open: 10, high: 11, low: 9, close: 10, volume: 5 };

/** Bars of successive minutes. */
function minutes(from: string, count: number): Bar[] {
  const start = Date.parse(from);
  return Array.from({ length: count }, (_, i) => ({ openTime: start + i * MINUTE, ...VALUES }));
}

/** Stores bars in a new dataset and runs a session over it. @returns the session in the operator's view */
async function streamed(id: string, bars: Record<string, Bar[]>, spec: object): Promise<Session> {
  await writeBars(system.databaseUrl, id, new Map(Object.entries(bars)));
  await api.run({
    id,
    symbols: Object.keys(bars),
    source: { type: 'dataset', dataset: id },
    upkeep: NO_UPKEEP,
    ...spec,
  });
  return api.completed(id);
}

const shifted = (bars: readonly Bar[], byMs: number): Bar[] =>
  bars.map((bar) => ({ ...bar, openTime: bar.openTime + byMs }));
/** All bars of a trading day. */
const day = (date: string, calendar = 'XNYS') =>
  marketBars({ symbols: ['ACME'], start: date, end: date, seed: 4, calendar }).get('ACME')!;

test('I10 rows that were imported in the wrong time zone are counted, with a warning about the zone', async () => {
  // A regular day of New York in local times, which the import reads as UTC.
  const rows = minutes('2024-03-04T09:30:00Z', 390).map(({ openTime }, i) => {
    const localTime = new Date(openTime).toISOString().slice(0, 19).replace('T', ' ');
    return `${localTime},${100 + i},${101 + i},${99 + i},${100 + i},100`;
  });
  const file = join(folder, 'a.csv');
  await writeFile(file, ['time,open,high,low,close,volume', ...rows].join('\n'));
  await system.barkeep('import', file, '--dataset', 'k13', '--symbol', 'ACME');
  const dates = { start: '2024-03-04', end: '2024-03-04' };
  await api.run({
    id: 'tz1',
    symbols: ['ACME'],
    ...dates,
    source: { type: 'dataset', dataset: 'k13' },
    upkeep: NO_UPKEEP,
  });
  const { counts, warnings } = await api.completed('tz1');
  // 04:30 to 09:30 in New York is in the extended hours of XNYS.
  expect(counts).toMatchObject({ streamed: 90, refused: 0, outside: 0, extended: 300 });
  expect(warnings).toEqual([
    '300 of 390 rows of ACME on 2024-03-04 are outside XNYS regular hours; is the time zone right?',
  ]);
  expect(await api.metrics('tz1', 'ACME')).toMatchObject({
    extended: 300,
    outsideExamples: ['2024-03-04T09:30:00.000Z'],
  });
});

// Calendar, date, shift, rows outside, rows in slots.
test.each([
  ['XLON', '2024-07-04', -1 * HOUR, 60, 450],
  ['XTKS', '2024-07-04', -9 * HOUR, 300, 0],
  ['XHKG', '2024-07-04', -8 * HOUR, 330, 0],
  ['XBOM', '2024-07-04', -5.5 * HOUR, 330, 45],
  ['XASX', '2024-07-04', 10 * HOUR, 240, 0],
])(
  'I10 the rows of a day of %s that is shifted by the offset of its time zone are counted as outside',
  async (calendar, date, by, outside, inside) => {
    const id = `zone-${calendar}`;
    const { counts, warnings } = await streamed(
      id,
      { ACME: shifted(day(date, calendar), by) },
      { start: date, end: date, calendar },
    );
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
  const bars = [...day('2024-03-04', calendar), ...minutes(time, 1)];
  const { counts, warnings } = await streamed(`lunch-${calendar}`, { ACME: bars }, spec);
  expect(counts).toMatchObject({ streamed: bars.length - 1, outside: 1, extended: 0, missing: 0 });
  expect(warnings).toEqual([]);
});

test('I10 a week that opens on Sunday evening has no row outside', async () => {
  const spec = { start: '2024-03-04', end: '2024-03-08', calendar: 'CMES' };
  const bars = marketBars({ symbols: ['ES'], seed: 4, ...spec }).get('ES')!;
  const { counts, warnings } = await streamed('overnight', { ES: bars }, spec);
  expect(counts).toMatchObject({ streamed: bars.length, outside: 0, extended: 0, missing: 0 });
  expect(warnings).toEqual([]);
});

test('I10 a row that is added after a session has counted its dataset is counted by the next sessions', async () => {
  const dates = { start: '2024-03-04', end: '2024-03-04' };
  const { counts } = await streamed('before', { ACME: day('2024-03-04') }, dates);
  expect(counts).toMatchObject({ outside: 0, extended: 0 });
  await writeBars(system.databaseUrl, 'before', new Map([['ACME', minutes('2024-03-04T06:00:00Z', 1)]]));
  const source = { type: 'dataset', dataset: 'before' };
  for (const id of ['after', 'again']) {
    await api.run({ id, symbols: ['ACME'], ...dates, source, upkeep: NO_UPKEEP });
    expect((await api.completed(id)).counts).toMatchObject({ outside: 1, extended: 0 });
  }
});

describe('a dataset with rows of every kind', () => {
  const DATES = { start: '2024-03-08', end: '2024-03-11' };
  const whole = marketBars({ symbols: ['AAA', 'BBB'], seed: 5, ...DATES });
  // 20 rows are extended. Outside are 7 + 11 + 13 = 31. Two times are no open of a slot: they are refused. The rows of
  // Thursday and Tuesday belong to no date of the session.
  const messy = {
    AAA: [
      ...whole.get('AAA')!.slice(0, 500),
      ...minutes('2024-03-08T10:00:00Z', 20), // before the open, extended
      ...minutes('2024-03-09T02:00:00Z', 7), // Friday night
      ...minutes('2024-03-09T15:00:00Z', 11), // Saturday
      ...minutes('2024-03-11T04:30:00Z', 13), // Monday, after midnight in New York
      ...minutes('2024-03-11T19:58:30Z', 2), // not at the open of a slot
      ...minutes('2024-03-12T04:30:00Z', 17), // Tuesday
      ...minutes('2024-03-08T04:30:00Z', 19), // Thursday
    ],
    BBB: whole.get('BBB')!,
  };

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
    const session = await streamed('messy', messy, DATES);
    // Makes one bar of each symbol invalid.
    await system.query(
      `UPDATE bars SET low = -1 WHERE "time" = '2024-03-08T15:00Z' AND dataset_id = (SELECT id FROM datasets WHERE name = 'messy')`,
    );
    const spec = {
      symbols: ['AAA', 'BBB'],
      ...DATES,
      source: { type: 'dataset', dataset: 'messy' },
      upkeep: NO_UPKEEP,
    };
    await api.run({ ...spec, id: 'messy-invalid' });
    await api.run({ ...spec, id: 'messy-derived', derivedIntervals: ['5m', '1d'] });
    const withoutSlot = { outside: 31, extended: 20 };
    expect(session.counts).toMatchObject({ refused: 2, ...withoutSlot });
    for (const id of ['messy', 'messy-invalid', 'messy-derived']) {
      const { counts } = await api.completed(id);
      const { streamed: bars, refused, outside, extended } = counts;
      const rows = bars + refused + outside + extended;
      expect({ id, rows }).toEqual({ id, rows: await rowsBetweenMidnights('messy') });
      expect(counts).toMatchObject({ ...withoutSlot, refused: id === 'messy' ? 2 : 4 });
    }
    const metrics = await Promise.all(['AAA', 'BBB'].map((symbol) => api.metrics('messy', symbol)));
    expect(metrics.map(({ outside, extended }) => ({ outside, extended }))).toEqual([
      withoutSlot,
      { outside: 0, extended: 0 },
    ]);
    expect(metrics[0]!.outsideExamples).toEqual(
      ['2024-03-08T10:00', '2024-03-09T15:00', '2024-03-11T04:30'].map((time) => `${time}:00.000Z`),
    );
    expect(session.warnings).toEqual([
      expect.stringMatching(
        /^7 of 417 rows of AAA on 2024-03-08 are outside XNYS regular hours; .* 2 more days of its symbols\.$/,
      ),
    ]);
  });

  test('I10 in a session of extended hours the rows of extended hours are in slots', async () => {
    const { counts } = await streamed('messy-extended', messy, { ...DATES, hours: 'extended' });
    expect(counts).toMatchObject({ outside: 31, extended: 0 });
  });

  test('I10 no row is counted twice when the owner crashes and a symbol is added', async () => {
    await writeBars(system.databaseUrl, 'taken', new Map(Object.entries(messy)));
    const other = await system.coordinator();
    const spec = { symbols: ['BBB'], ...DATES, source: { type: 'dataset', dataset: 'taken' }, upkeep: NO_UPKEEP };
    const pace = { mode: 'lockstep', consumers: 1 };
    const second = new Api(other.url);
    await second.run({ ...spec, id: 'taken', symbols: ['AAA'], pace });
    await second.until('taken', ({ counts }) => counts.outside === 31);
    await other.signal('SIGKILL');
    await api.ok('POST', '/v1/sessions/taken/symbols/BBB');
    await api.until('taken', ({ counts }) => counts.expected === 4 * 390, 60_000);
    expect((await api.session('taken')).counts).toMatchObject({ outside: 31, extended: 20 });
    expect(await api.metrics('taken', 'AAA')).toMatchObject({ outside: 0, extended: 0 });
  });

  test('I2 a strategy does not see counts of rows outside before the clock has passed the midnight of their date', async () => {
    await streamed('passed', messy, DATES);
    await writeBars(system.databaseUrl, 'ahead', new Map(Object.entries(messy)));
    const source = { type: 'dataset', dataset: 'ahead' };
    const pace = { mode: 'clock', speed: 0.1 };
    await api.run({ id: 'ahead', symbols: ['AAA'], ...DATES, source, upkeep: NO_UPKEEP, pace });
    const { warnings } = await api.until('ahead', ({ counts }) => counts.outside === 31);
    expect(warnings).toHaveLength(1);
    const strategy = await api.ok<Session>('GET', '/v1/sessions/ahead');
    expect(strategy.counts).toMatchObject({ outside: 0, extended: 0, refused: 0 });
    expect(strategy.warnings).toEqual([]);
    expect(await api.metrics('ahead', 'AAA')).toMatchObject({ outside: 0, extended: 0, outsideExamples: [] });
    const passed = await api.ok<Session>('GET', '/v1/sessions/passed');
    expect(passed.counts).toMatchObject({ outside: 31, extended: 20 });
    await api.ok('POST', '/v1/sessions/ahead/stop');
  });
});

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
  async (id, start, end, hours) => {
    const calendar = calendarNamed(id);
    const random = mulberry32(17);
    const days = [...calendar.tradingDays(start, end, hours)];
    const dayAfter = new Date(Date.parse(end) + 24 * HOUR).toISOString().slice(0, 10);
    // A session counts the rows in `[from, to)`: of its dates, and of a segment that crosses a midnight.
    const from = Math.min(calendar.startOf(start), days[0]!.segments[0]!.open);
    const to = Math.max(calendar.startOf(dayAfter), days.at(-1)!.segments.at(-1)!.close);
    /** Rows from 30 hours before to 30 hours after this, at multiples of half a minute. */
    const randomRows = (): Bar[] => {
      const length = to - from + 60 * HOUR;
      const times = Array.from(
        { length: 1500 },
        () => from - 30 * HOUR + Math.floor((random() * length) / 30_000) * 30_000,
      );
      return [...new Set(times)].map((openTime) => ({ openTime, ...VALUES }));
    };
    const market = new Map(['AAA', 'BBB', 'CCC'].map((symbol) => [symbol, randomRows()]));
    const name = `random-${id.replace('/', '-')}-${hours}`;
    await writeBars(system.databaseUrl, name, market);
    // Makes about one row in 60 invalid.
    await system.query(
      `UPDATE bars SET low = -1 WHERE extract(minute FROM "time") = 7 AND dataset_id = (SELECT id FROM datasets WHERE name = $1)`,
      [name],
    );
    const slots = days.reduce((sum, date) => sum + new DayGrid(date, parseInterval('1m')).slotCount, 0);
    const countsAddUp = async (symbols: readonly string[]) => {
      const rows = symbols
        .flatMap((symbol) => market.get(symbol)!)
        .filter(({ openTime }) => openTime >= from && openTime < to);
      // Rows outside are counted some time after the stream.
      const { counts } = await api.until(
        name,
        ({ counts: { expected, streamed: bars, refused, outside, extended } }) => {
          return expected === symbols.length * slots && bars + refused + outside + extended === rows.length;
        },
      );
      // These venues never close on the dates.
      const hasNoClosedTime = id === '24/5' || id === '24/7';
      expect(counts.outside > 0).toBe(!hasNoClosedTime);
    };
    const spec = { symbols: ['AAA', 'BBB'], calendar: id, start, end, hours, upkeep: NO_UPKEEP };
    await api.run({ ...spec, id: name, source: { type: 'dataset', dataset: name }, pace: { mode: 'lockstep' } });
    await countsAddUp(['AAA', 'BBB']);
    await api.ok('POST', `/v1/sessions/${name}/symbols/CCC`);
    await countsAddUp(['AAA', 'BBB', 'CCC']);
    await api.ok('DELETE', `/v1/sessions/${name}/symbols/BBB`);
    await countsAddUp(['AAA', 'CCC']);
    await api.ok('POST', `/v1/sessions/${name}/stop`);
  },
  60_000,
);

test('I10 fed bars without a slot are counted as outside or extended, not as refused', async () => {
  const dates = { start: '2024-03-04', end: '2024-03-05' };
  await api.run({ id: 'fed', symbols: ['ACME'], ...dates, source: { type: 'feed' }, upkeep: NO_UPKEEP });
  const bars = [
    ...day('2024-03-04'),
    ...minutes('2024-03-04T21:10:00Z', 30), // after the close, extended
    ...minutes('2024-03-05T02:00:00Z', 20), // night
    { ...minutes('2024-03-05T15:00:00Z', 1)[0]!, high: 1 }, // refused
  ];
  const fed = await api.ok<{ refused: object }>('POST', '/v1/sessions/fed/symbols/ACME/bars', bars);
  expect(fed.refused).toEqual({ 'outside-calendar': 50, 'high-below-low': 1 });
  const { counts, warnings } = await api.until('fed', ({ counts: { streamed: passed } }) => passed === 390);
  expect(counts).toMatchObject({ refused: 1, outside: 20, extended: 30 });
  expect(warnings).toEqual(['20 of 440 fed bars are outside XNYS regular hours; is the time zone right?']);
  const metrics = await api.ok<object>('GET', '/v1/sessions/fed/symbols/ACME/metrics?view=operator');
  expect(metrics).toMatchObject({ refused: { 'high-below-low': 1 }, outside: 20, extended: 30 });
  await api.ok('POST', '/v1/sessions/fed/stop');
});
