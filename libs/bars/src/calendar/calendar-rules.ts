/** The hours of each day by the rules of a calendar file, in minutes of the venue's wall time. The module days.ts converts them to UTC. */
import type { CalendarFile, FileSegments } from './calendar-file.js';
import { DAY_MINUTES, epochDayOf, type Weekday, weekdayOf } from './time.js';

/** `[openMinute, closeMinute)` from midnight of the trading date, in wall time; negative on the previous evening. */
export interface WallSegment {
  openMinute: number;
  closeMinute: number;
}

/** The segments of one kind of day. `extended` is undefined when the venue has no extended hours. */
export interface WallDay {
  regular: readonly WallSegment[];
  extended: readonly WallSegment[] | undefined;
}

/** A normal week that applies from a day on. */
interface Period {
  /** Days after 1970-01-01. */
  fromDay: number;
  /** The hours of each weekday; a weekday without an entry is closed. */
  week: Map<Weekday, WallDay>;
}

/** Minutes from midnight of the trading date to a wall time of a calendar file: 570 for `'09:30'`, -420 for `'17:00-1d'`. */
function minuteOf(text: string): number {
  const shiftDays = Number(text.slice(5, 7)); // `-1` or `+1`; empty, so 0, on the trading date itself
  return shiftDays * DAY_MINUTES + Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}

/** Segments of a calendar file in minutes. */
export function wallSegmentsOf(segmentsInFile: FileSegments): WallSegment[] {
  return segmentsInFile.map(({ open, close }) => ({ openMinute: minuteOf(open), closeMinute: minuteOf(close) }));
}

function wallDayOf(hours: { segments: FileSegments; extended?: FileSegments | undefined }): WallDay {
  return {
    regular: wallSegmentsOf(hours.segments),
    extended: hours.extended === undefined ? undefined : wallSegmentsOf(hours.extended),
  };
}

/**
 * The rules of a file. A special day takes precedence over a holiday, and a holiday over the latest period's normal week.
 * @returns a function from a trading date, as days after 1970-01-01, to its hours; to `undefined` when the venue is closed
 */
export function calendarRules(file: CalendarFile): (epochDay: number) => WallDay | undefined {
  const periods = periodsOf(file);
  const holidays = new Set((file.holidays ?? []).map(epochDayOf));
  const specialDays = new Map<number, WallDay>();
  for (const special of file.specialDays ?? []) {
    const hours = wallDayOf(special);
    for (const day of special.dates.map(epochDayOf)) specialDays.set(day, hours);
  }
  return (epochDay) => {
    const special = specialDays.get(epochDay);
    if (special !== undefined || holidays.has(epochDay)) return special;
    return periods.find(({ fromDay }) => fromDay <= epochDay)?.week.get(weekdayOf(epochDay));
  };
}

/** The periods of a file, latest first. Entries with the same first date are one period. */
function periodsOf(file: CalendarFile): Period[] {
  const periods = new Map<number, Period>();
  for (const entry of file.hours) {
    const fromDay = epochDayOf(entry.from);
    const period = periods.get(fromDay) ?? { fromDay, week: new Map<Weekday, WallDay>() };
    for (const weekday of entry.weekdays) period.week.set(weekday, wallDayOf(entry));
    periods.set(fromDay, period);
  }
  return [...periods.values()].sort((left, right) => right.fromDay - left.fromDay);
}
