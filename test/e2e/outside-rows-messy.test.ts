/**
 * A dataset with rows of every kind: the counts of a session add up to all rows, and a strategy sees no count too early (I2, I10).
 * docs/ARCHITECTURE.md lists the invariants, such as I10.
 */
import { marketBars } from '../support/data/market.js';
import { DatasetSessions, minuteBars } from '../support/sessions/dataset-sessions.js';
import { Api, type Session } from '../support/system/api.js';

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

let sessions: DatasetSessions;
beforeAll(async () => {
  sessions = await DatasetSessions.start();
  // The dataset and the session `messy`, which all tests use.
  await sessions.runOver('messy', messy, DATES);
});
afterAll(() => sessions?.close());

/** Number of rows between the local midnights of the first and the last date, from PostgreSQL. */
async function rowsBetweenMidnights(dataset: string): Promise<number> {
  const [row] = await sessions.system.query<{ rows: number }>(
    `SELECT count(*)::int AS rows FROM bars b JOIN datasets d ON d.id = b.dataset_id
     WHERE d.name = $1 AND ("time" AT TIME ZONE 'America/New_York')::date BETWEEN $2 AND $3`,
    [dataset, DATES.start, DATES.end],
  );
  return row!.rows;
}

test('I10 the counts add up to the rows between the midnights: as they are, with invalid rows, and with derived bars', async () => {
  const spec = { symbols: ['AAA', 'BBB'], ...DATES };
  await sessions.invalidate('messy', `"time" = '2024-03-08T15:00Z'`); // one row of each symbol
  await sessions.run('messy', { ...spec, id: 'messy-invalid' });
  await sessions.run('messy', { ...spec, id: 'messy-derived', derivedIntervals: ['5m', '1d'] });
  for (const [id, expectedRefused] of [
    ['messy', REFUSED],
    ['messy-invalid', REFUSED + 2],
    ['messy-derived', REFUSED + 2],
  ] as const) {
    const { counts } = await sessions.api.completed(id);
    expect(counts).toMatchObject({ ...WITHOUT_SLOT, refused: expectedRefused });
    const { streamed, refused, outside, extended } = counts;
    const rows = streamed + refused + outside + extended;
    expect({ id, rows }).toEqual({ id, rows: await rowsBetweenMidnights('messy') });
  }
});

test('I10 metrics have the counts of their symbol and an example of each date, and a warning names the first date', async () => {
  const { outside, extended, outsideExamples } = await sessions.api.metrics('messy', 'AAA');
  expect({ outside, extended }).toEqual(WITHOUT_SLOT);
  expect(outsideExamples).toEqual(['2024-03-08T10:00:00.000Z', '2024-03-09T15:00:00.000Z', '2024-03-11T04:30:00.000Z']);
  expect(await sessions.api.metrics('messy', 'BBB')).toMatchObject({ outside: 0, extended: 0 });
  // Friday has 390 bars of AAA in slots, 20 extended and 7 outside.
  expect((await sessions.api.session('messy')).warnings).toEqual([
    expect.stringMatching(
      /^7 of 417 rows of AAA on 2024-03-08 are outside XNYS regular hours; .* 2 more days of its symbols\.$/,
    ),
  ]);
});

test('I10 in a session of extended hours the rows of extended hours are in slots', async () => {
  const { counts } = await sessions.runOver('messy-extended', messy, { ...DATES, hours: 'extended' });
  expect(counts).toMatchObject({ outside: WITHOUT_SLOT.outside, extended: 0 });
});

test('I10 no row is counted twice when the owner crashes and a symbol is added', async () => {
  await sessions.store('taken', messy);
  const owner = await sessions.system.coordinator();
  const ownerApi = new Api(owner.url);
  const source = { type: 'dataset', dataset: 'taken' };
  // No consumer joins, so the clock stays at the open of the first day.
  const pace = { mode: 'lockstep', consumers: 1 };
  await ownerApi.run({ id: 'taken', symbols: ['AAA'], ...DATES, source, pace, upkeep: { enabled: false } });
  await ownerApi.until('taken', ({ counts }) => counts.outside === WITHOUT_SLOT.outside);
  await owner.signal('SIGKILL');
  await sessions.api.ok('POST', '/v1/sessions/taken/symbols/BBB');
  // Two symbols on two days.
  await sessions.api.until('taken', ({ counts }) => counts.expected === 2 * 2 * 390, 60_000);
  expect((await sessions.api.session('taken')).counts).toMatchObject(WITHOUT_SLOT);
  // These are the counts that a strategy sees, before the clock has moved.
  expect(await sessions.api.metrics('taken', 'AAA')).toMatchObject({ outside: 0, extended: 0 });
});

test('I2 a strategy does not see counts of rows outside before the clock has passed the midnight of their date', async () => {
  const seenByStrategy = (id: string) => sessions.api.ok<Session>('GET', `/v1/sessions/${id}`);
  await sessions.store('ahead', messy);
  // The clock moves once in ten minutes, so it stays on the first date.
  const pace = { mode: 'clock', speed: 0.1 };
  await sessions.run('ahead', { id: 'ahead', symbols: ['AAA'], ...DATES, pace });
  const seenByOperator = await sessions.api.until('ahead', ({ counts }) => counts.outside === WITHOUT_SLOT.outside);
  expect(seenByOperator.warnings).toHaveLength(1);
  const { counts, warnings } = await seenByStrategy('ahead');
  expect(counts).toMatchObject({ outside: 0, extended: 0, refused: 0 });
  expect(warnings).toEqual([]);
  expect(await sessions.api.metrics('ahead', 'AAA')).toMatchObject({ outside: 0, extended: 0, outsideExamples: [] });
  await sessions.api.ok('POST', '/v1/sessions/ahead/stop');

  await sessions.runOver('passed', messy, DATES);
  expect((await seenByStrategy('passed')).counts).toMatchObject(WITHOUT_SLOT);
});
