/**
 * A venue's trading days in UTC, from a checked calendar file. Segments are in order, do not overlap and are never empty. A date outside
 * the known range is an error, never a guess.
 */
import { DAY_MS, dateOf, epochDayOf, MINUTE_MS, ZoneClock } from './time.js';
import type { CalendarFile } from './calendar-file.js';
import { calendarRules } from './calendar-rules.js';

/** Thrown for a date whose hours are not known: before `firstDate` or after `lastDate` of a calendar. */
export class CalendarRangeError extends Error {
  override readonly name = 'CalendarRangeError';
  constructor(calendarId: string, date: string, firstDate: string, lastDate: string) {
    super(`expected a date from ${firstDate} to ${lastDate}, the limits of calendar ${calendarId}, was ${date}`);
  }
}

/** Thrown when extended hours are requested of a calendar that has none. */
export class ExtendedHoursError extends Error {
  override readonly name = 'ExtendedHoursError';
  constructor(readonly calendarId: string) {
    super(`expected hours "regular", as calendar ${calendarId} has no extended hours, was "extended"`);
  }
}

/** A stretch of trading without a break, `[open, close)` in epoch ms UTC. */
export interface Segment {
  open: number;
  close: number;
}

/** The segments of one trading date `YYYY-MM-DD`; the first one may open on the previous evening. */
export interface TradingDay {
  date: string;
  segments: readonly Segment[];
}

/** Regular hours alone, or together with pre- and after-market. */
export type Hours = 'regular' | 'extended';

/** One venue's calendar. Get one from `calendarNamed` or `parseCalendar`, which check the data first. */
export class Calendar {
  readonly id: string;
  /** Name of the venue for people. */
  readonly name: string;
  /** IANA time zone of the venue. */
  readonly zone: string;
  /** First and last date with known hours, `YYYY-MM-DD`, both included. */
  readonly firstDate: string;
  readonly lastDate: string;
  readonly hasExtendedHours: boolean;
  readonly #firstDay: number;
  readonly #lastDay: number;
  readonly #hoursOn: ReturnType<typeof calendarRules>;
  readonly #clock: ZoneClock;
  /** By days after 1970-01-01; `undefined` for a day on which the venue is closed. */
  readonly #caches: Record<Hours, Map<number, TradingDay | undefined>> = { regular: new Map(), extended: new Map() };

  /** @param file data that `parseCalendar` has checked @param id the calendar's name: that of the file, or an alias */
  constructor(file: CalendarFile, id: string = file.id) {
    this.id = id;
    this.name = file.name;
    this.zone = file.zone;
    this.firstDate = file.firstDate;
    this.lastDate = file.lastDate;
    this.hasExtendedHours = file.hours.every(({ extended }) => extended !== undefined);
    this.#firstDay = epochDayOf(file.firstDate);
    this.#lastDay = epochDayOf(file.lastDate);
    this.#hoursOn = calendarRules(file);
    this.#clock = new ZoneClock(file.zone);
  }

  /**
   * The trading day of a date, `undefined` when the venue is closed.
   * @throws {CalendarRangeError} outside the known range @throws {ExtendedHoursError} @throws {CalendarDateError}
   */
  tradingDay(date: string, hours: Hours = 'regular'): TradingDay | undefined {
    this.#checkHours(hours);
    return this.#dayOn(this.#knownDayOf(date), hours);
  }

  /** All trading days of a range of dates, both included, oldest first; none when `to` is before `from`. Throws as `tradingDay`. */
  tradingDays(from: string, to: string, hours: Hours = 'regular'): TradingDay[] {
    return this.#knownDays(from, to, hours).flatMap((epochDay) => this.#dayOn(epochDay, hours) ?? []);
  }

  /** {@link tradingDays} for the part of a range that is within the known range; none when no part is. @throws {ExtendedHoursError} */
  knownTradingDays(from: string, to: string, hours: Hours = 'regular'): TradingDay[] {
    const start = from > this.firstDate ? from : this.firstDate;
    const end = to < this.lastDate ? to : this.lastDate;
    return start > end ? [] : this.tradingDays(start, end, hours);
  }

  /** The known trading days of bars that open from `first` to `last`, both epoch ms, oldest first. @throws {ExtendedHoursError} */
  tradingDaysOf(first: number, last: number, hours: Hours = 'regular'): TradingDay[] {
    // The local date of a time may differ by a day from its UTC date, and its trading date by a day from the local date.
    const firstDay = Math.max(this.#firstDay, Math.floor(first / DAY_MS) - 2);
    const lastDay = Math.min(this.#lastDay, Math.floor(last / DAY_MS) + 2);
    const days = firstDay > lastDay ? [] : this.tradingDays(dateOf(firstDay), dateOf(lastDay), hours);
    return days.filter(({ segments }) => segments[0]!.open <= last && segments.at(-1)!.close > first);
  }

  /** The trading day with a segment that contains `time`, epoch ms; undefined when there is none. @throws {ExtendedHoursError} */
  tradingDayAt(time: number, hours: Hours = 'regular'): TradingDay | undefined {
    return this.tradingDaysOf(time, time, hours).find(({ segments }) =>
      segments.some(({ open, close }) => time >= open && time < close),
    );
  }

  /**
   * Number of trading days from `from` to `to`, both included. Caches none: a rejected session may name all dates. Throws as `tradingDay`.
   */
  countTradingDays(from: string, to: string, hours: Hours = 'regular'): number {
    return this.#knownDays(from, to, hours).filter((epochDay) => this.#segmentsOf(epochDay, hours).length > 0).length;
  }

  /**
   * The last `count` trading days before a date and not before 1970, oldest first; fewer near the first known date. Throws as `tradingDay`.
   */
  tradingDaysBefore(date: string, count: number, hours: Hours = 'regular'): TradingDay[] {
    const days: TradingDay[] = [];
    this.#checkHours(hours);
    const firstDay = Math.max(this.#firstDay, 0);
    for (let epochDay = this.#knownDayOf(date) - 1; epochDay >= firstDay && days.length < count; epochDay--) {
      const day = this.#dayOn(epochDay, hours);
      if (day !== undefined) days.push(day);
    }
    return days.reverse();
  }

  /** The local midnight at which a date begins, epoch ms. The date may be outside the known range. @throws {CalendarDateError} */
  startOf(date: string): number {
    return this.#utcOf(epochDayOf(date), 0);
  }

  /** A date as days after 1970-01-01. @throws {CalendarRangeError} @throws {CalendarDateError} */
  #knownDayOf(date: string): number {
    const epochDay = epochDayOf(date);
    if (epochDay >= this.#firstDay && epochDay <= this.#lastDay) return epochDay;
    throw new CalendarRangeError(this.id, date, this.firstDate, this.lastDate);
  }

  /** All days of a range of dates, both included, trading days or not, as days after 1970-01-01. Throws as `tradingDay`. */
  #knownDays(from: string, to: string, hours: Hours): number[] {
    const lastDay = this.#knownDayOf(to);
    const firstDay = this.#knownDayOf(from);
    this.#checkHours(hours);
    return Array.from({ length: Math.max(0, lastDay - firstDay + 1) }, (_, i) => firstDay + i);
  }

  #checkHours(hours: Hours): void {
    if (hours === 'extended' && !this.hasExtendedHours) throw new ExtendedHoursError(this.id);
  }

  /** The trading day of a day in the known range, from the cache once it is built; `undefined` when the venue is closed. */
  #dayOn(epochDay: number, hours: Hours): TradingDay | undefined {
    const cache = this.#caches[hours];
    if (!cache.has(epochDay)) {
      const segments = this.#segmentsOf(epochDay, hours);
      cache.set(epochDay, segments.length === 0 ? undefined : Object.freeze({ date: dateOf(epochDay), segments }));
    }
    return cache.get(epochDay);
  }

  /** The segments of a day in UTC. Leaves out a segment that shrinks to nothing because the clocks go forward. */
  #segmentsOf(epochDay: number, hours: Hours): readonly Segment[] {
    const wallSegments = this.#hoursOn(epochDay)?.[hours] ?? [];
    const segments = wallSegments.map(({ openMinute, closeMinute }) =>
      Object.freeze({ open: this.#utcOf(epochDay, openMinute), close: this.#utcOf(epochDay, closeMinute) }),
    );
    return Object.freeze(segments.filter(({ open, close }) => open < close));
  }

  /** The moment, epoch ms, at which the venue's wall clock shows a time. @param minute from midnight of the day */
  #utcOf(epochDay: number, minute: number): number {
    return this.#clock.toUtcMs(epochDay * DAY_MS + minute * MINUTE_MS);
  }
}
