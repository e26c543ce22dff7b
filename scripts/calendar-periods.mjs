/**
 * Turns trading days into a calendar file: periods with a normal week, special days and holidays. The periods are those that
 * make the file shortest. Pure.
 */
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const LONG_WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const DAY_MS = 86_400_000;
const DAY_MINUTES = 1_440;
/** The pattern of a day without segments. */
const CLOSED = '[]';
/** What a period costs when one exception costs 1: about its number of lines in the file. */
const PERIOD_COST = 8;
/** A close up to this minute of the day is an early close; extended hours then end earlier too. */
const EARLY_CLOSE = 14 * 60;

/** Days are numbered from 1970-01-01, which was a Thursday; weekdays count from Monday, 0. */
const dateOf = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);
const dayOf = (date) => Date.parse(date) / DAY_MS;
const weekdayOf = (day) => (day + 3) % 7;

/**
 * The new content of a calendar file. @param current its present content @param firstDate the first date of the new content
 * @param days all trading days from that date on, in wall time @param extended extended hours, if any
 */
export function calendarFileOf(current, firstDate, days, extended) {
  const lastDate = lastDateOf(days.at(-1).date);
  const patterns = patternsOf(days, dayOf(firstDate), dayOf(lastDate));
  const periods = periodsOf(patterns, dayOf(firstDate));
  const { hours, specialDays, holidays } = fileDays(patterns, dayOf(firstDate), periods, extended);
  const { $schema, id, name, aliases, source, zone } = current;
  return { $schema, id, name, aliases, source, zone, firstDate, lastDate, hours, specialDays, holidays };
}

/** The last known date: the end of a year whose last trading days are in the table, otherwise the last trading day. */
function lastDateOf(lastTradingDate) {
  return lastTradingDate.slice(5) >= '12-28' ? `${lastTradingDate.slice(0, 4)}-12-31` : lastTradingDate;
}

/** The pattern of each day from `first` to `last`, both included: its segments as JSON. */
function patternsOf(days, first, last) {
  const patterns = Array(last - first + 1).fill(CLOSED);
  for (const { date, segments } of days) patterns[dayOf(date) - first] = JSON.stringify(segments);
  return patterns;
}

/**
 * Divides the days into the periods that together cost least, exceptions included. @returns the index of the first day of
 * each period. Dynamic programming: `best[end]` is the lowest cost of the days before `ends[end]`, and the number of the
 * start at which their last period begins.
 */
function periodsOf(patterns, first) {
  // A period can only start on a day that differs from the same weekday of the week before.
  const changes = patterns.flatMap((pattern, i) => (i >= 7 && pattern !== patterns[i - 7] ? [i] : []));
  const starts = [0, ...changes];
  const ends = [...changes, patterns.length];
  const best = ends.map(() => ({ cost: Infinity, start: 0 }));
  for (let start = 0; start < starts.length; start++) {
    const costBefore = start === 0 ? 0 : best[start - 1].cost;
    // The period from `starts[start]` grows day by day. Its exceptions are the days without the most frequent pattern.
    const counts = WEEKDAYS.map(() => new Map());
    const largestCounts = WEEKDAYS.map(() => 0);
    let days = 0;
    let day = starts[start];
    for (let end = start; end < ends.length; end++) {
      for (; day < ends[end]; day++, days++) {
        const weekday = weekdayOf(first + day);
        const count = (counts[weekday].get(patterns[day]) ?? 0) + 1;
        counts[weekday].set(patterns[day], count);
        largestCounts[weekday] = Math.max(largestCounts[weekday], count);
      }
      const exceptions = days - largestCounts.reduce((sum, count) => sum + count, 0);
      const cost = costBefore + PERIOD_COST + exceptions;
      if (cost <= best[end].cost) best[end] = { cost, start };
    }
  }
  // From the last period back to the first one.
  const periods = [];
  for (let end = ends.length - 1; end >= 0; end = best[end].start - 1) periods.unshift(starts[best[end].start]);
  return periods;
}

/** The most frequent pattern of each weekday in `[from, to)`. */
function normalWeek(patterns, first, from, to) {
  return WEEKDAYS.map((_, weekday) => {
    const counts = new Map();
    for (let day = from; day < to; day++) {
      if (weekdayOf(first + day) === weekday) counts.set(patterns[day], (counts.get(patterns[day]) ?? 0) + 1);
    }
    const [mostFrequent] = [...counts].sort(([, countOfA], [, countOfB]) => countOfB - countOfA);
    return mostFrequent?.[0] ?? CLOSED;
  });
}

/** The rules for normal hours, the special days and the holidays of a calendar file. */
function fileDays(patterns, first, periods, extended) {
  const hours = [];
  const holidays = [];
  const special = new Map(); // special days by name and pattern
  periods.forEach((from, i) => {
    const to = periods[i + 1] ?? patterns.length;
    const week = normalWeek(patterns, first, from, to);
    for (const pattern of new Set(week)) {
      if (pattern === CLOSED) continue;
      const weekdays = WEEKDAYS.filter((_, weekday) => week[weekday] === pattern);
      hours.push({ from: dateOf(first + from), weekdays, ...hoursOf(pattern, extended) });
    }
    for (let day = from; day < to; day++) {
      const [pattern, weekday, date] = [patterns[day], weekdayOf(first + day), dateOf(first + day)];
      if (pattern === week[weekday]) continue;
      if (pattern === CLOSED) {
        holidays.push(date);
        continue;
      }
      const name = nameOf(pattern, week[weekday], weekday);
      const key = `${name} ${pattern}`;
      if (!special.has(key)) special.set(key, { name, ...hoursOf(pattern, extended), dates: [] });
      special.get(key).dates.push(date);
    }
  });
  return { hours, specialDays: [...special.values()], holidays };
}

/** A name for a day whose hours differ from the normal hours of its weekday. */
function nameOf(pattern, normal, weekday) {
  if (normal === CLOSED) return `session on a ${LONG_WEEKDAYS[weekday]}`;
  const [day, usual] = [JSON.parse(pattern), JSON.parse(normal)];
  const [[open], [usualOpen]] = [day[0], usual[0]];
  const [close, usualClose] = [day.at(-1)[1], usual.at(-1)[1]];
  const losesPart = usual.length > day.length && usualOpen >= 0; // negative: it opens on the previous evening
  if (losesPart && open === usualOpen && close < usualClose) return 'half day without an afternoon';
  if (losesPart && open > usualOpen && close === usualClose) return 'half day without a morning';
  if (open === usualOpen && close < usualClose) return 'early close';
  if (open === usualOpen && close > usualClose) return 'late close';
  if (open > usualOpen && close === usualClose) return 'late open';
  if (open < usualOpen && close === usualClose) return 'early open';
  return 'other hours';
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
 * A wall time of a calendar file, such as `09:30`, `18:00-1d` on the previous date, or `24:00` for midnight at the end of a
 * day. @param minute from the date's midnight
 */
function wallTime(minute, isClose) {
  const isMidnight = minute % DAY_MINUTES === 0;
  const day = isClose && isMidnight ? minute / DAY_MINUTES - 1 : Math.floor(minute / DAY_MINUTES);
  let shift = '';
  if (day < 0) shift = '-1d';
  if (day > 0) shift = '+1d';
  const ofDay = minute - day * DAY_MINUTES;
  return `${String(Math.floor(ofDay / 60)).padStart(2, '0')}:${String(ofDay % 60).padStart(2, '0')}${shift}`;
}
