/**
 * The trading days of a session as short text. A session keeps the days that it was created with, so that a later correction of
 * its calendar does not change which slots its stored bars have. Pure.
 *
 * The text is a JSON array of runs. A run is `[date, gaps, ...minutes]`: its first date, the number of days to each further date
 * (one base-36 digit each), and the opens and closes of the day's segments, in minutes after midnight UTC of the date.
 */
import { calendarNamed } from './book.js';
import { DAY_MS, dateOf, epochDayOf, MINUTE_MS } from './time.js';
import type { Hours, Segment, TradingDay } from './days.js';

type Run = [date: string, gaps: string, ...minutes: number[]];

/** Most days between two dates of one run: the largest base-36 digit. */
const GAP_MAX = 35;

/** The fields of a session's spec that decide its days. */
interface SpecDates {
  calendar: string;
  start: string;
  end: string;
  hours: Hours;
}

/**
 * The trading days of a session, from its calendar as it is now.
 * @param historyDays number of trading days before `start` @throws UnknownCalendarError
 */
export function sessionDays({ calendar, start, end, hours }: SpecDates, historyDays: number): TradingDay[] {
  const days = calendarNamed(calendar);
  return [...days.tradingDaysBefore(start, historyDays, hours), ...days.tradingDays(start, end, hours)];
}

/** Writes days as text. Equal days give equal text. */
export function encodeDays(days: readonly TradingDay[]): string {
  const runs: Run[] = [];
  let lastDay = NaN;
  for (const { date, segments } of days) {
    const day = epochDayOf(date);
    const minutes = segments.flatMap(({ open, close }) =>
      [open, close].map((time) => (time - day * DAY_MS) / MINUTE_MS),
    );
    const gap = day - lastDay;
    lastDay = day;
    const run = runs.at(-1);
    if (run && gap <= GAP_MAX && String(run.slice(2)) === String(minutes)) run[1] += gap.toString(36);
    else runs.push([date, '', ...minutes]);
  }
  return JSON.stringify(runs);
}

/** Reads the text that {@link encodeDays} wrote. */
export function decodeDays(text: string): TradingDay[] {
  return (JSON.parse(text) as Run[]).flatMap(([date, gaps, ...minutes]) => {
    let day = epochDayOf(date);
    const days = [dayAt(day, minutes)];
    for (const gap of gaps) days.push(dayAt((day += parseInt(gap, 36)), minutes));
    return days;
  });
}

function dayAt(day: number, minutes: readonly number[]): TradingDay {
  const times = minutes.map((minute) => day * DAY_MS + minute * MINUTE_MS);
  const segments: Segment[] = [];
  for (let i = 0; i < times.length; i += 2) segments.push({ open: times[i]!, close: times[i + 1]! });
  return { date: dateOf(day), segments };
}
