/** Says whether a calendar has a slot for a time, and what would explain many times outside. Pure except for a cache. */
import { type Calendar, dateOf, type Hours } from '@barkeep/bars';
import { IANAZone } from 'luxon';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** The least share of the rows that an explanation must fit. */
const SHARE_MIN = 0.95;
/** Offsets of zones without daylight saving, hours from UTC. */
const OFFSETS = Array.from({ length: 27 }, (_, index) => index - 12);

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
   * Why many of these times are outside: another zone, closes, other hours, or the calendar's end; undefined when nothing explains
   * most of them.
   * @param times of a sample, as they were read in `zone` @param intervalMs of the rows
   */
  hint(times: readonly number[], zone: string, intervalMs: number): string | undefined {
    const { id, zone: ofCalendar, firstDate, lastDate, hasExtendedHours } = this.calendar;
    const dates = times.map((time) => dateOf(Math.floor(time / DAY_MS)));
    const isKnown = (date: string): boolean => date >= firstDate && date <= lastDate;
    if (dates.length > 0 && !dates.some(isKnown)) return `${id} is known from ${firstDate} to ${lastDate}`;
    const share = (shift: (time: number) => number, check: CalendarCheck = this): number =>
      times.filter((time) => check.isInside(shift(time))).length / Math.max(1, times.length);
    const now = share((time) => time);
    const fits = (found: number): boolean => found >= SHARE_MIN && found > now;
    const wall = IANAZone.create(zone);
    const readIn = (offsetMs: (time: number) => number): number =>
      share((time) => time + wall.offset(time) * 60_000 - offsetMs(time));
    const named = [ofCalendar, 'UTC'].map((name): [string, number] => {
      const other = IANAZone.create(name);
      return [name, readIn((time) => other.offset(time) * 60_000)];
    });
    const [zoneByName] = named.filter(([, found]) => fits(found)).sort((one, other) => other[1] - one[1]);
    if (zoneByName !== undefined) return `they fit ${id} when read with --tz ${zoneByName[0]}`;
    if (fits(share((time) => time - intervalMs))) return `they fit ${id} with --times close`;
    const [only, ...others] = OFFSETS.filter((hours) => fits(readIn(() => hours * HOUR_MS)));
    if (only !== undefined && others.length === 0) return `they fit ${id} in ${offsetText(only)}`;
    const hasOthers = this.hours === 'regular' && hasExtendedHours;
    const areExtended = hasOthers && fits(share((time) => time, new CalendarCheck(this.calendar, 'extended')));
    return areExtended ? `they are in pre-market or after-hours of ${id}: --hours extended stores them` : undefined;
  }

  #edgesOf(year: number): Float64Array {
    const known = this.#years.get(year);
    if (known !== undefined) return known;
    const [from, to] = [dateOf(Date.UTC(year, 0, 1) / DAY_MS - 1), dateOf(Date.UTC(year + 1, 0, 1) / DAY_MS + 1)];
    const days = this.calendar.knownTradingDays(from, to, this.hours);
    const edges = Float64Array.from(
      days.flatMap(({ segments }) => segments.flatMap(({ open, close }) => [open, close])),
    );
    this.#years.set(year, edges);
    return edges;
  }
}

/** The names of these zones have the opposite sign: Etc/GMT-8 is UTC+8. */
function offsetText(hours: number): string {
  const [sign, inName] = hours < 0 ? ['−', '+'] : ['+', '-'];
  return `a zone of UTC${sign}${Math.abs(hours)}, such as --tz Etc/GMT${inName}${Math.abs(hours)}`;
}
