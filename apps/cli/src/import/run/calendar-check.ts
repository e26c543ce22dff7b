/** Says whether a calendar has a slot for a time, and what would explain many times outside. Pure except for a cache. */
import type { Calendar, Hours } from '@barkeep/bars';
import { hintOf } from './calendar-hint.js';

const DAY_MS = 86_400_000;

export class CalendarCheck {
  /** Opens and closes in turn, by year. */
  readonly #years = new Map<number, Float64Array>();
  #year = Number.NaN;
  #edges: Float64Array = new Float64Array(0);
  #at = 0;

  constructor(
    readonly calendar: Calendar,
    private readonly hours: Hours,
  ) {}

  /** @param openTime epoch ms */
  isInside(openTime: number): boolean {
    const year = new Date(openTime).getUTCFullYear();
    if (year !== this.#year) {
      this.#edges = this.#edgesOf(year);
      this.#year = year;
      this.#at = 0;
    }
    const edges = this.#edges;
    if (this.#at > 0 && openTime < edges[this.#at]!) this.#at = 0;
    while (this.#at + 2 < edges.length && edges[this.#at + 2]! <= openTime) this.#at += 2;
    return openTime >= edges[this.#at]! && openTime < edges[this.#at + 1]!;
  }

  /**
   * Why many of these times are outside.
   * @param times of a sample, as they were read in `zone` @param intervalMs of the rows
   */
  hint(times: readonly number[], zone: string, intervalMs: number): string | undefined {
    const { calendar } = this;
    const [first, last] = [calendar.firstDate, calendar.lastDate];
    const dates = times.map((time) => new Date(time).toISOString().slice(0, 10));
    const isKnown = (date: string): boolean => date >= first && date <= last;
    if (dates.length > 0 && !dates.some(isKnown)) return `${calendar.id} is known from ${first} to ${last}`;
    const hasOthers = this.hours === 'regular' && calendar.hasExtendedHours;
    const extended = hasOthers ? new CalendarCheck(calendar, 'extended') : undefined;
    return hintOf({
      times,
      zone,
      intervalMs,
      calendar,
      isInside: (time) => this.isInside(time),
      isInExtended: extended && ((time) => extended.isInside(time)),
    });
  }

  #edgesOf(year: number): Float64Array {
    const known = this.#years.get(year);
    if (known !== undefined) return known;
    const date = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    const [from, to] = [date(Date.UTC(year, 0, 1) - DAY_MS), date(Date.UTC(year + 1, 0, 1) + DAY_MS)];
    const days = this.calendar.knownTradingDays(from, to, this.hours);
    const edges = Float64Array.from(
      days.flatMap(({ segments }) => segments.flatMap(({ open, close }) => [open, close])),
    );
    this.#years.set(year, edges);
    return edges;
  }
}
