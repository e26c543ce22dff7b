/**
 * Rows at random times of many venues: the counts of a session add up, also when its symbols change (I10).
 * docs/ARCHITECTURE.md lists the invariants, such as I10.
 */
import { calendarNamed, DayGrid, parseInterval, type Bar, type Calendar, type TradingDay } from '@barkeep/bars';
import { mulberry32 } from '../support/data/market.js';
import { DatasetSessions, VALUES } from '../support/sessions/dataset-sessions.js';

const HOUR_MS = 3_600_000;
/** Times are random multiples of half a minute. So about half of the times are the open of a slot. */
const HALF_MINUTE_MS = 30_000;

let sessions: DatasetSessions;
beforeAll(async () => {
  sessions = await DatasetSessions.start();
});
afterAll(() => sessions?.close());

/** A stretch of time, epoch ms. The end is exclusive. */
interface Span {
  from: number;
  to: number;
}

/** The time in which a session counts rows: its dates, and also segments that begin before the first date or end after the last one. */
function countedSpan(calendar: Calendar, start: string, end: string, days: readonly TradingDay[]): Span {
  const dayAfter = new Date(Date.parse(end) + 24 * HOUR_MS).toISOString().slice(0, 10);
  return {
    from: Math.min(calendar.startOf(start), days[0]!.segments[0]!.open),
    to: Math.max(calendar.startOf(dayAfter), days.at(-1)!.segments.at(-1)!.close),
  };
}

/** At most 1,500 bars at random multiples of half a minute, from 30 hours before the span to 30 hours after it. */
function barsAtRandomTimes(span: Span, random: () => number): Bar[] {
  const from = span.from - 30 * HOUR_MS;
  const steps = (span.to + 30 * HOUR_MS - from) / HALF_MINUTE_MS;
  const randomTime = () => from + Math.floor(random() * steps) * HALF_MINUTE_MS;
  const times = new Set(Array.from({ length: 1_500 }, randomTime));
  return [...times].map((openTime) => ({ openTime, ...VALUES }));
}

/**
 * Each range has three trading days at most, because a session stages no more before its clock moves. On its last date no segment opens
 * that belongs to the next trading day.
 */
test.each([
  ['XNYS', '2024-07-02', '2024-07-05', 'regular'], // an early close and a holiday
  ['XNYS', '2024-11-27', '2024-12-01', 'extended'], // the same and a weekend, with extended hours
  ['XTKS', '2024-03-18', '2024-03-21', 'regular'], // breaks and a holiday
  ['XHKG', '2024-12-23', '2024-12-27', 'regular'], // breaks, a half day and two holidays
  ['CMES', '2024-07-03', '2024-07-05', 'regular'], // days that begin on the evening before
  ['FX', '2024-03-06', '2024-03-08', 'regular'], // the end of a week
  ['24/5', '2024-03-07', '2024-03-08', 'regular'], // no night
  ['24/7', '2024-03-09', '2024-03-10', 'regular'], // no night and no weekend
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
    await sessions.store(name, Object.fromEntries(market));
    await sessions.invalidate(name, 'extract(minute FROM "time") = 7'); // about one row in 60
    const slots = days.reduce((sum, day) => sum + new DayGrid(day, parseInterval('1m')).slotCount, 0);
    // 24/5 and 24/7 never close on the dates.
    const hasClosedTime = calendarId !== '24/5' && calendarId !== '24/7';
    /** Waits until the session has counted all rows of these symbols. */
    const countsAddUp = async (symbols: readonly string[]) => {
      const bars = symbols.flatMap((symbol) => market.get(symbol)!);
      const rows = bars.filter(({ openTime }) => openTime >= counted.from && openTime < counted.to).length;
      // Rows outside are counted some time after the stream.
      const { counts } = await sessions.api.until(
        name,
        ({ counts: { expected, streamed, refused, outside, extended } }) => {
          return expected === symbols.length * slots && streamed + refused + outside + extended === rows;
        },
      );
      expect(counts.outside > 0).toBe(hasClosedTime);
    };
    const spec = { symbols: ['AAA', 'BBB'], calendar: calendarId, start, end, hours };
    await sessions.run(name, { ...spec, id: name, pace: { mode: 'lockstep' } });
    await countsAddUp(['AAA', 'BBB']);
    await sessions.api.ok('POST', `/v1/sessions/${name}/symbols/CCC`);
    await countsAddUp(['AAA', 'BBB', 'CCC']);
    await sessions.api.ok('DELETE', `/v1/sessions/${name}/symbols/BBB`);
    await countsAddUp(['AAA', 'CCC']);
    await sessions.api.ok('POST', `/v1/sessions/${name}/stop`);
  },
);
