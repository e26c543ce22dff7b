/** Says whether a calendar has a slot for a time, and what would explain many times outside. Pure except for a cache. */
import type { Calendar, Hours } from '@barkeep/bars';
import { IANAZone } from 'luxon';

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
   * Why many of these times are outside: they are wall times of the calendar's zone, or closes.
   * @param times of a sample, as they were read in `zone`
   */
  hint(times: readonly number[], zone: string): string | undefined {
    const share = (shift: (time: number) => number): number =>
      times.filter((time) => this.isInside(shift(time))).length / Math.max(1, times.length);
    const now = share((time) => time);
    const local = IANAZone.create(this.calendar.zone);
    const wall = IANAZone.create(zone);
    const inZone = share((time) => time + (wall.offset(time) - local.offset(time)) * 60_000);
    if (inZone > now && inZone > 0.9) return `they fit ${this.calendar.id} when read with --tz ${this.calendar.zone}`;
    const asCloses = share((time) => time - 60_000);
    return asCloses > now ? `more of them fit ${this.calendar.id} with --times close` : undefined;
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
