/** Checks whether a calendar has a slot for a time, and explains why many times have none. Pure except for a cache. */
import { type Calendar, DAY_MS, dateOf, type Hours, MINUTE_MS } from '@barkeep/bars';
import { IANAZone } from 'luxon';

const HOUR_MS = 3_600_000;
/** An explanation is right when the calendar then has slots for at least this share of the rows. */
const SHARE_MIN = 0.95;
/** Offsets from UTC of zones without daylight saving, in hours: −12 to 14. */
const OFFSET_HOURS = Array.from({ length: 27 }, (_, index) => index - 12);

/** Computes a time, or an offset from UTC at a time, both in ms. */
type TimeFunction = (time: number) => number;

export class CalendarCheck {
  /** For each UTC year, the open and the close of each segment in turn, epoch ms. */
  readonly #edgesByYear = new Map<number, Float64Array>();
  /** The UTC year of the time that was checked last, and the year's opens and closes. */
  #year = Number.NaN;
  #edges: Float64Array = new Float64Array(0);
  /** Index in `#edges` of the open of the segment where the last search ended. The next search begins there. */
  #openIndex = 0;

  /** @param intervalMs of the bars, whole minutes. The slots of longer intervals are counted from the open of each segment. */
  constructor(
    readonly calendar: Calendar,
    private readonly hours: Hours,
    private readonly intervalMs = MINUTE_MS,
  ) {}

  /** The trading date of a time for which the calendar has a slot; undefined for another time. @param openTime epoch ms */
  tradingDateOf(openTime: number): string | undefined {
    return this.calendar.tradingDayAt(openTime, this.hours)?.date;
  }

  /** True when the calendar has a slot for a bar. Fast when bars follow each other in time. @param openTime epoch ms, a whole minute */
  isInside(openTime: number): boolean {
    const open = this.#segmentOpenAt(openTime);
    if (open === undefined) return false;
    return this.intervalMs === MINUTE_MS || (openTime - open) % this.intervalMs === 0;
  }

  /**
   * The open time of the bar that ends at `close`: one interval before it. The last bar of a segment may be shorter, and then opens later.
   * @param close epoch ms
   */
  openOf(close: number): number {
    const segmentOpen = this.#segmentOpenAt(close - 1);
    const isLast = segmentOpen !== undefined && this.#edges[this.#openIndex + 1] === close;
    const shortMs = isLast ? (close - segmentOpen) % this.intervalMs : 0; // 0 for a bar of full length
    return close - (shortMs || this.intervalMs);
  }

  /** The open of the segment that has a time; undefined when none has it. */
  #segmentOpenAt(time: number): number | undefined {
    const year = new Date(time).getUTCFullYear();
    if (year !== this.#year) {
      this.#edges = this.#edgesOf(year);
      this.#year = year;
      this.#openIndex = 0;
    }
    const edges = this.#edges;
    // Goes back to the first segment for an earlier time, then on to the last segment that has opened.
    if (this.#openIndex > 0 && time < edges[this.#openIndex]!) this.#openIndex = 0;
    while (this.#openIndex + 2 < edges.length && edges[this.#openIndex + 2]! <= time) this.#openIndex += 2;
    const open = edges[this.#openIndex]!;
    return time >= open && time < edges[this.#openIndex + 1]! ? open : undefined;
  }

  /**
   * Why many bars of a sample have no slot: dates that the calendar does not cover, another zone, closes that were read as
   * opens, extended hours, or bars that are not aligned to the open. Undefined when no reason fits. The likeliest reasons are tried first.
   * @param openTimes epoch ms, as read in `zone` @param areCloses true when the times of the rows were read as closes
   */
  hint(openTimes: readonly number[], zone: string, areCloses: boolean): string | undefined {
    const { id, zone: calendarZone, firstDate, lastDate, hasExtendedHours } = this.calendar;
    const dates = openTimes.map((time) => dateOf(Math.floor(time / DAY_MS)));
    const isCovered = (date: string): boolean => date >= firstDate && date <= lastDate;
    const covers = `${id} covers ${firstDate} to ${lastDate}`;
    if (dates.length > 0 && !dates.some(isCovered)) return covers;

    const shareNow = this.#insideShare(openTimes);
    const fits = (share: number): boolean => share >= SHARE_MIN && share > shareNow;
    const offsetAsRead = offsetIn(zone);
    // The share if the same wall times were read with another offset.
    const shareWithOffset = (offset: TimeFunction): number =>
      this.#insideShare(openTimes, (time) => time + offsetAsRead(time) - offset(time));

    const shareByZone = [calendarZone, 'UTC'].map((name) => ({ name, share: shareWithOffset(offsetIn(name)) }));
    const [best] = shareByZone.filter(({ share }) => fits(share)).sort((one, other) => other.share - one.share);
    if (best !== undefined) return `they fit ${id} when read with --tz ${best.name}`;

    const fitsAsCloses = !areCloses && fits(this.#insideShare(openTimes, (time) => this.openOf(time)));
    if (fitsAsCloses) return `they fit ${id} with --times close`;

    const fittingHours = OFFSET_HOURS.filter((hours) => fits(shareWithOffset(() => hours * HOUR_MS)));
    if (fittingHours.length === 1) return `they fit ${id} in ${offsetText(fittingHours[0]!)}`;

    if (this.hours === 'regular' && hasExtendedHours) {
      const extended = new CalendarCheck(this.calendar, 'extended', this.intervalMs);
      if (fits(extended.#insideShare(openTimes)))
        return `they are in pre-market or after-hours of ${id}: --hours extended stores them`;
    }
    const minutes = new CalendarCheck(this.calendar, this.hours);
    if (fits(minutes.#insideShare(openTimes)))
      return `bars of ${this.intervalMs / MINUTE_MS} minutes must be aligned to the open of ${id}`;
    return dates.every(isCovered) ? undefined : covers;
  }

  /** The share of these times, each after `shift`, for which the calendar has a slot; 0 for no times. */
  #insideShare(times: readonly number[], shift: TimeFunction = (time) => time): number {
    return times.filter((time) => this.isInside(shift(time))).length / Math.max(1, times.length);
  }

  /** The opens and closes of the trading days of a UTC year: a segment may begin before it or end after it. */
  #edgesOf(year: number): Float64Array {
    const known = this.#edgesByYear.get(year);
    if (known !== undefined) return known;
    const days = this.calendar.tradingDaysOf(Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1) - 1, this.hours);
    const segments = days.flatMap((day) => day.segments);
    const edges = Float64Array.from(segments.flatMap(({ open, close }) => [open, close]));
    this.#edgesByYear.set(year, edges);
    return edges;
  }
}

/** The offset of a zone from UTC at each time, ms. */
function offsetIn(zone: string): TimeFunction {
  const ianaZone = IANAZone.create(zone);
  return (time) => ianaZone.offset(time) * MINUTE_MS;
}

/** Describes the zone of an offset. Its IANA name has the opposite sign: Etc/GMT-8 is UTC+8. */
function offsetText(hours: number): string {
  const [sign, oppositeSign] = hours < 0 ? ['−', '+'] : ['+', '-'];
  return `a zone of UTC${sign}${Math.abs(hours)}, such as --tz Etc/GMT${oppositeSign}${Math.abs(hours)}`;
}
