/**
 * The trading days of a session as short text. A session keeps the days that it was created with, so that a later correction of
 * its calendar does not change which slots its stored bars have. Pure.
 *
 * The text is a JSON array of groups of consecutive trading days with the same hours in UTC. A group is `[date, distances, ...minutes]`:
 * its first date, the number of days from each date to the next (one base-36 digit each), and the opens and closes of a day's segments,
 * in minutes after midnight UTC of its date: `[["2024-03-04","1111",870,1260]]` is a week of XNYS.
 */
import { calendarNamed } from './book.js';
import { DAY_MS, dateOf, epochDayOf, MINUTE_MS } from './time.js';
import type { Hours, Segment, TradingDay } from './days.js';

type DayGroup = [date: string, distances: string, ...minutes: number[]];

/** Two neighbouring dates of one group are at most this many days apart: the largest base-36 digit. */
const DISTANCE_MAX = 35;

/** The trading days of a session, history first, as its calendar has them now. @throws UnknownCalendarError */
export function sessionDays(
  { calendar, start, end, hours }: { calendar: string; start: string; end: string; hours: Hours },
  historyDays: number,
): TradingDay[] {
  const days = calendarNamed(calendar);
  return [...days.tradingDaysBefore(start, historyDays, hours), ...days.tradingDays(start, end, hours)];
}

/** Writes days as text. Equal days give equal text. */
export function encodeDays(days: readonly TradingDay[]): string {
  const groups: DayGroup[] = [];
  let previousDay = NaN; // not compared for the first day, because there is no group yet
  for (const { date, segments } of days) {
    const day = epochDayOf(date);
    const minutes = segments.flatMap(({ open, close }) =>
      [open, close].map((time) => (time - day * DAY_MS) / MINUTE_MS),
    );
    const distance = day - previousDay;
    previousDay = day;
    const group = groups.at(-1);
    const hasGroupHours = group !== undefined && String(group.slice(2)) === String(minutes);
    if (hasGroupHours && distance <= DISTANCE_MAX) group[1] += distance.toString(36);
    else groups.push([date, '', ...minutes]);
  }
  return JSON.stringify(groups);
}

/** Reads the text that {@link encodeDays} wrote. */
export function decodeDays(text: string): TradingDay[] {
  return (JSON.parse(text) as DayGroup[]).flatMap(([date, distances, ...minutes]) => {
    let day = epochDayOf(date);
    const days = [dayAt(day, minutes)];
    for (const distance of distances) {
      day += parseInt(distance, 36);
      days.push(dayAt(day, minutes));
    }
    return days;
  });
}

/** @param day days after 1970-01-01 @param minutes opens and closes in turn, after midnight UTC of the day */
function dayAt(day: number, minutes: readonly number[]): TradingDay {
  const times = minutes.map((minute) => day * DAY_MS + minute * MINUTE_MS);
  const segments: Segment[] = [];
  for (let i = 0; i < times.length; i += 2) segments.push({ open: times[i]!, close: times[i + 1]! });
  return { date: dateOf(day), segments };
}
