/**
 * Rows and fed bars without a slot are counted, with a warning: in wrong time zones, in breaks and in extended hours (I10).
 * docs/ARCHITECTURE.md lists the invariants, such as I10.
 */
import { importLines } from '../support/data/import-lines.js';
import { marketBars } from '../support/data/market.js';
import { dayBars, DatasetSessions, minuteBars } from '../support/sessions/dataset-sessions.js';

const HOUR_MS = 3_600_000;

let sessions: DatasetSessions;
beforeAll(async () => {
  sessions = await DatasetSessions.start();
});
afterAll(() => sessions?.close());

test('I10 rows that were imported in the wrong time zone are counted, with a warning about the zone', async () => {
  // A regular day of New York in local times without a zone, which the import reads as UTC.
  const rows = minuteBars('2024-03-04T09:30:00Z', 390).map(({ openTime }) => {
    const localTime = new Date(openTime).toISOString().replace('T', ' ').replace('.000Z', '');
    return `${localTime},10,11,9,10,5`;
  });
  await importLines(sessions.system, 'local-times', ['time,open,high,low,close,volume', ...rows], '--symbol', 'ACME');
  const dates = { start: '2024-03-04', end: '2024-03-04' };
  await sessions.run('local-times', { id: 'wrong-zone', symbols: ['ACME'], ...dates });
  const { counts, warnings } = await sessions.api.completed('wrong-zone');
  // Read as UTC, the rows begin at 04:30 in New York. The 300 rows before 09:30 are in the extended hours of XNYS.
  expect(counts).toMatchObject({ streamed: 90, refused: 0, outside: 0, extended: 300 });
  expect(warnings).toEqual([
    '300 of 390 rows of ACME on 2024-03-04 are outside XNYS regular hours; is the time zone right?',
  ]);
  expect(await sessions.api.metrics('wrong-zone', 'ACME')).toMatchObject({
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
    const bars = dayBars(date, calendar).map((bar) => ({ ...bar, openTime: bar.openTime + shiftHours * HOUR_MS }));
    const spec = { start: date, end: date, calendar };
    const { counts, warnings } = await sessions.runOver(`zone-${calendar}`, { ACME: bars }, spec);
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
  const { counts, warnings } = await sessions.runOver(`lunch-${calendar}`, { ACME: bars }, spec);
  expect(counts).toMatchObject({ streamed: day.length, outside: 1, extended: 0, missing: 0 });
  expect(warnings).toEqual([]);
});

test('I10 a week that opens on Sunday evening has no row outside', async () => {
  const spec = { start: '2024-03-04', end: '2024-03-08', calendar: 'CMES' };
  const bars = marketBars({ symbols: ['ES'], seed: 4, ...spec }).get('ES')!;
  const { counts, warnings } = await sessions.runOver('overnight', { ES: bars }, spec);
  expect(counts).toMatchObject({ streamed: bars.length, outside: 0, extended: 0, missing: 0 });
  expect(warnings).toEqual([]);
});

test('I10 a row that is added after a session has counted its dataset is counted by the next sessions', async () => {
  const dates = { start: '2024-03-04', end: '2024-03-04' };
  const { counts } = await sessions.runOver('growing', { ACME: dayBars('2024-03-04') }, dates);
  expect(counts).toMatchObject({ outside: 0, extended: 0 });
  await sessions.store('growing', { ACME: minuteBars('2024-03-04T06:00:00Z', 1) });
  for (const id of ['next', 'after-next']) {
    await sessions.run('growing', { id, symbols: ['ACME'], ...dates });
    expect((await sessions.api.completed(id)).counts).toMatchObject({ outside: 1, extended: 0 });
  }
});

test('I10 fed bars without a slot are counted as outside or extended, not as refused', async () => {
  const dates = { start: '2024-03-04', end: '2024-03-05' };
  await sessions.api.run({
    id: 'fed',
    symbols: ['ACME'],
    ...dates,
    source: { type: 'feed' },
    upkeep: { enabled: false },
  });
  const bars = [
    ...dayBars('2024-03-04'),
    ...minuteBars('2024-03-04T21:10:00Z', 30), // after the close, extended
    ...minuteBars('2024-03-05T02:00:00Z', 20), // night
    { ...minuteBars('2024-03-05T15:00:00Z', 1)[0]!, high: 1 }, // refused
  ];
  const fed = await sessions.api.ok<{ refused: object }>('POST', '/v1/sessions/fed/symbols/ACME/bars', bars);
  expect(fed.refused).toEqual({ 'outside-calendar': 50, 'high-below-low': 1 });
  const { counts, warnings } = await sessions.api.until('fed', (session) => session.counts.streamed === 390);
  expect(counts).toMatchObject({ refused: 1, outside: 20, extended: 30 });
  expect(warnings).toEqual(['20 of 440 fed bars are outside XNYS regular hours; is the time zone right?']);
  const metrics = await sessions.api.ok<object>('GET', '/v1/sessions/fed/symbols/ACME/metrics?view=operator');
  expect(metrics).toMatchObject({ refused: { 'high-below-low': 1 }, outside: 20, extended: 30 });
  await sessions.api.ok('POST', '/v1/sessions/fed/stop');
});
