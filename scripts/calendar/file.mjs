/** Turns trading days into the content of a calendar file: rules for the normal hours, special days and holidays. Pure. */
import { CLOSED, periodsOf } from './periods.mjs';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const LONG_WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const DAY_MS = 86_400_000;
const DAY_MINUTES = 1_440;
/** A close at this minute of the day or before is an early close; extended hours then end earlier too. */
const EARLY_CLOSE = 14 * 60;
/** A trading day from this date (`MM-DD`) on is among the last ones of its year. */
const YEAR_END = '12-28';

/**
 * The new content of a calendar file.
 * @param current its present content
 * @param firstDate the first date of the new content
 * @param tradingDays all of them from that date on, in wall time
 * @param extended extended hours, if any
 */
export function calendarFileOf(current, firstDate, tradingDays, extended) {
  const lastDate = lastDateOf(tradingDays.at(-1).date);
  const periods = periodsOf(daysOf(tradingDays, firstDate, lastDate));
  const hours = periods.flatMap((period) => rulesOf(period, extended));
  const exceptions = periods.flatMap(exceptionsOf);
  const specialDays = specialDaysOf(exceptions, extended);
  const holidays = exceptions.filter(({ pattern }) => pattern === CLOSED).map(({ date }) => date);
  const { $schema, id, name, aliases, source, zone } = current;
  return { $schema, id, name, aliases, source, zone, firstDate, lastDate, hours, specialDays, holidays };
}

/** The last known date: the end of a year whose last trading days are in the table, otherwise the last trading day. */
function lastDateOf(lastTradingDate) {
  const [year, monthAndDay] = [lastTradingDate.slice(0, 4), lastTradingDate.slice(5)];
  return monthAndDay >= YEAR_END ? `${year}-12-31` : lastTradingDate;
}

/** All days from the first date to the last one, as {@link periodsOf} takes them. */
function daysOf(tradingDays, firstDate, lastDate) {
  const patterns = new Map(tradingDays.map(({ date, segments }) => [date, JSON.stringify(segments)]));
  const days = [];
  for (let midnight = Date.parse(firstDate); midnight <= Date.parse(lastDate); midnight += DAY_MS) {
    const date = new Date(midnight).toISOString().slice(0, 10);
    const weekday = (new Date(midnight).getUTCDay() + 6) % 7; // getUTCDay() counts from Sunday
    days.push({ date, weekday, pattern: patterns.get(date) ?? CLOSED });
  }
  return days;
}

/** The rules for the normal hours of a period: one for all weekdays of the same pattern. */
function rulesOf({ days: [{ date: from }], week }, extended) {
  const patterns = [...new Set(week)].filter((pattern) => pattern !== CLOSED);
  return patterns.map((pattern) => {
    const weekdays = WEEKDAYS.filter((_, weekday) => week[weekday] === pattern);
    return { from, weekdays, ...hoursOf(pattern, extended) };
  });
}

/** The days of a period that differ from its normal week, with the `normal` pattern of their weekday. */
function exceptionsOf({ days, week }) {
  const withNormal = days.map((day) => ({ ...day, normal: week[day.weekday] }));
  return withNormal.filter(({ pattern, normal }) => pattern !== normal);
}

/** The exceptions that are not closed, those of one name and pattern together. */
function specialDaysOf(exceptions, extended) {
  const special = new Map(); // by name and pattern
  for (const day of exceptions) {
    if (day.pattern === CLOSED) continue;
    const name = nameOf(day);
    const key = `${name} ${day.pattern}`;
    if (!special.has(key)) special.set(key, { name, ...hoursOf(day.pattern, extended), dates: [] });
    special.get(key).dates.push(day.date);
  }
  return [...special.values()];
}

/** A name for a day whose hours differ from the normal hours of its weekday. */
function nameOf({ pattern, normal, weekday }) {
  if (normal === CLOSED) return `session on a ${LONG_WEEKDAYS[weekday]}`;
  const [day, usual] = [spanOf(pattern), spanOf(normal)];
  // A session that opens on the previous evening (at a negative minute) has no morning and afternoon.
  const losesHalf = usual.segmentCount > day.segmentCount && usual.open >= 0;
  const [sameOpen, sameClose] = [day.open === usual.open, day.close === usual.close];
  if (sameOpen && day.close < usual.close) return losesHalf ? 'half day without an afternoon' : 'early close';
  if (sameOpen && day.close > usual.close) return 'late close';
  if (sameClose && day.open < usual.open) return 'early open';
  if (sameClose && day.open > usual.open) return losesHalf ? 'half day without a morning' : 'late open';
  return 'other hours';
}

function spanOf(pattern) {
  const segments = JSON.parse(pattern);
  return { open: segments[0][0], close: segments.at(-1)[1], segmentCount: segments.length };
}

/** The hours of a pattern in the form of a calendar file. */
function hoursOf(pattern, extended) {
  const segments = JSON.parse(pattern);
  const written = segments.map(([open, close]) => ({ open: wallTime(open, false), close: wallTime(close, true) }));
  if (!extended) return { segments: written };
  const close = segments.at(-1)[1] <= EARLY_CLOSE ? extended.earlyClose : extended.close;
  return { segments: written, extended: [{ open: extended.open, close }] };
}

/**
 * A wall time of a calendar file: `09:30`, `18:00-1d` on the previous date, `24:00` at the end of a day. A close at midnight belongs to
 * the day that ends. @param minute from the date's midnight
 */
function wallTime(minute, isClose) {
  const isMidnight = minute % DAY_MINUTES === 0;
  const day = isClose && isMidnight ? minute / DAY_MINUTES - 1 : Math.floor(minute / DAY_MINUTES);
  const shift = { '-1': '-1d', 0: '', 1: '+1d' }[day];
  const minuteOfDay = minute - day * DAY_MINUTES;
  const [hours, minutes] = [Math.floor(minuteOfDay / 60), minuteOfDay % 60];
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}${shift}`;
}
