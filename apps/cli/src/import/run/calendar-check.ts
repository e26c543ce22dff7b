/** Checks whether a calendar has a slot for a time, and explains why many times have none. Pure except for a cache. */
import { type Calendar, DAY_MS, dateOf, type Hours, MINUTE_MS, type TradingDay } from '@barkeep/bars';
import { IANAZone } from 'luxon';

const HOUR_MS = 3_600_000;
/** An explanation is right when the calendar then has slots for at least this share of the rows. */
const SHARE_MIN = 0.95;
/** Offsets from UTC of zones without daylight saving, in hours: −12 to 14. */
const OFFSET_HOURS = Array.from({ length: 27 }, (_, index) => index - 12);

type Segment = TradingDay['segments'][number];
/** Computes a time, or an offset from UTC at a time, both in ms. */
type TimeFunction = (time: number) => number;

export class CalendarCheck {
  /** The segments that have times of a UTC day, by the number of the day since 1970. */
  readonly #segmentsByDay = new Map<number, readonly Segment[]>();

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

  /** True when the calendar has a slot for a bar. @param openTime epoch ms, a whole minute */
  isInside(openTime: number): boolean {
    const segment = this.#segmentAt(openTime);
    return segment !== undefined && (openTime - segment.open) % this.intervalMs === 0;
  }

  /**
   * The open time of the bar that ends at `close`: one interval before it. The last bar of a segment may be shorter, and then opens later.
   * @param close epoch ms
   */
  openOf(close: number): number {
    const segment = this.#segmentAt(close - 1);
    const shortMs = segment?.close === close ? (close - segment.open) % this.intervalMs : 0; // 0 for a bar of full length
    return close - (shortMs || this.intervalMs);
  }

  #segmentAt(time: number): Segment | undefined {
    const day = Math.floor(time / DAY_MS);
    let segments = this.#segmentsByDay.get(day);
    if (segments === undefined) {
      const days = this.calendar.tradingDaysOf(day * DAY_MS, (day + 1) * DAY_MS - 1, this.hours);
      segments = days.flatMap((tradingDay) => tradingDay.segments);
      this.#segmentsByDay.set(day, segments);
    }
    return segments.find(({ open, close }) => time >= open && time < close);
  }

  /**
   * Why many bars of a sample have no slot. The likeliest reasons are tried first; undefined when none fits.
   * @param openTimes epoch ms, as read in `zone` @param areCloses true when the times of the rows were read as closes
   */
  hint(openTimes: readonly number[], zone: string, areCloses: boolean): string | undefined {
    const { id, firstDate, lastDate } = this.calendar;
    const dates = openTimes.map((time) => dateOf(Math.floor(time / DAY_MS)));
    const isCovered = (date: string): boolean => date >= firstDate && date <= lastDate;
    const covers = `${id} covers ${firstDate} to ${lastDate}`;
    if (dates.length > 0 && !dates.some(isCovered)) return covers;
    const hint = this.#zoneOrCloseHint(openTimes, zone, areCloses) ?? this.#hoursOrIntervalHint(openTimes);
    return hint ?? (dates.every(isCovered) ? undefined : covers);
  }

  /** The zone in which the wall times fit, or that they fit as closes. */
  #zoneOrCloseHint(openTimes: readonly number[], zone: string, areCloses: boolean): string | undefined {
    const { id, zone: calendarZone } = this.calendar;
    const fits = this.#fitterOf(openTimes);
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
    return fittingHours.length === 1 ? `they fit ${id} in ${offsetText(fittingHours[0]!)}` : undefined;
  }

  /** That the times fit extended hours, or bars that are not aligned to the open. */
  #hoursOrIntervalHint(openTimes: readonly number[]): string | undefined {
    const { id, hasExtendedHours } = this.calendar;
    const fits = this.#fitterOf(openTimes);
    const extended = new CalendarCheck(this.calendar, hasExtendedHours ? 'extended' : this.hours, this.intervalMs);
    if (fits(extended.#insideShare(openTimes)))
      return `they are in pre-market or after-hours of ${id}: --hours extended stores them`;
    const minutes = new CalendarCheck(this.calendar, this.hours);
    return fits(minutes.#insideShare(openTimes))
      ? `bars of ${this.intervalMs / MINUTE_MS} minutes must be aligned to the open of ${id}`
      : undefined;
  }

  /** Makes a test of explanations, by the share of the times that would have a slot: it must be high, and higher than the share now. */
  #fitterOf(openTimes: readonly number[]): (share: number) => boolean {
    const shareNow = this.#insideShare(openTimes);
    return (share) => share >= SHARE_MIN && share > shareNow;
  }

  /** The share of these times, each after `shift`, for which the calendar has a slot; 0 for no times. */
  #insideShare(times: readonly number[], shift: TimeFunction = (time) => time): number {
    return times.filter((time) => this.isInside(shift(time))).length / Math.max(1, times.length);
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
