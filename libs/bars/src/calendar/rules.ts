/**
 * Which wall-time segments a calendar trades on a day. A special day takes precedence over a holiday, and a holiday over the
 * normal week of the latest period. Pure, without a time zone. Not responsible for UTC (days.ts) nor for checks (checks.ts).
 */
import { type Weekday, epochDayOf, weekdayOf } from './dates.js';
import type { CalendarFile, FileSegments } from './schema.js';

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

/** A normal week that holds from a day on. */
interface Period {
  fromDay: number;
  week: Map<Weekday, WallDay>;
}

/** Minutes from midnight of the trading date to a wall time of a calendar file: `'09:30'` 570, `'17:00-1d'` -420. */
export function minuteOf(wallTime: string): number {
  const shiftDays = wallTime.endsWith('-1d') ? -1 : wallTime.endsWith('+1d') ? 1 : 0;
  return shiftDays * 1440 + Number(wallTime.slice(0, 2)) * 60 + Number(wallTime.slice(3, 5));
}

/** Segments of a calendar file in minutes. */
export function wallSegmentsOf(segments: FileSegments): WallSegment[] {
  return segments.map(({ open, close }) => ({ openMinute: minuteOf(open), closeMinute: minuteOf(close) }));
}

function wallDayOf(hours: { segments: FileSegments; extended?: FileSegments | undefined }): WallDay {
  return {
    regular: wallSegmentsOf(hours.segments),
    extended: hours.extended === undefined ? undefined : wallSegmentsOf(hours.extended),
  };
}

/** The rules of one calendar file, for look-up by day. */
export class CalendarRules {
  readonly #periods: readonly Period[];
  readonly #specialDays = new Map<number, WallDay>();
  readonly #holidays: ReadonlySet<number>;

  constructor(file: CalendarFile) {
    this.#periods = periodsOf(file);
    for (const special of file.specialDays ?? []) {
      const hours = wallDayOf(special);
      for (const date of special.dates) this.#specialDays.set(epochDayOf(date), hours);
    }
    this.#holidays = new Set((file.holidays ?? []).map(epochDayOf));
  }

  /** The hours of a trading date, given as days after 1970-01-01; `undefined` when the venue is closed. */
  hoursOn(epochDay: number): WallDay | undefined {
    const special = this.#specialDays.get(epochDay);
    if (special !== undefined) return special;
    if (this.#holidays.has(epochDay)) return undefined;
    return this.#periods.find(({ fromDay }) => fromDay <= epochDay)?.week.get(weekdayOf(epochDay));
  }
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
