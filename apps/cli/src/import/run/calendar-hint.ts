/** Explains why many rows are outside of a calendar: another zone, closes, other hours, or the calendar's end. Pure. */
import { IANAZone } from 'luxon';

export interface TimesOutside {
  /** A sample of times, epoch ms, as they were read in `zone`. */
  times: readonly number[];
  zone: string;
  /** Interval of the rows, ms. */
  intervalMs: number;
  calendar: { id: string; zone: string };
  isInside: (openTime: number) => boolean;
  /** The same with pre-market and after-hours; undefined when the calendar has none or they are used already. */
  isInExtended?: ((openTime: number) => boolean) | undefined;
}

/** The least share of the rows that an explanation must fit. */
const SHARE_MIN = 0.95;
const HOUR_MS = 3_600_000;
/** Offsets of zones without daylight saving, hours from UTC. */
const OFFSETS = Array.from({ length: 27 }, (_, index) => index - 12);

/** Undefined when nothing explains most of the rows. */
export function hintOf({
  times,
  zone,
  intervalMs,
  calendar,
  isInside,
  isInExtended,
}: TimesOutside): string | undefined {
  const share = (shift: (time: number) => number, inside = isInside): number =>
    times.filter((time) => inside(shift(time))).length / Math.max(1, times.length);
  const now = share((time) => time);
  const fits = (found: number): boolean => found >= SHARE_MIN && found > now;
  const wall = IANAZone.create(zone);
  const readIn = (offsetMs: (time: number) => number): number =>
    share((time) => time + wall.offset(time) * 60_000 - offsetMs(time));
  const { id } = calendar;
  const named = [calendar.zone, 'UTC'].map((name): [string, number] => {
    const other = IANAZone.create(name);
    return [name, readIn((time) => other.offset(time) * 60_000)];
  });
  const zoneByName = named.filter(([, found]) => fits(found)).sort((a, b) => b[1] - a[1])[0];
  if (zoneByName !== undefined) return `they fit ${id} when read with --tz ${zoneByName[0]}`;
  const asCloses = share((time) => time - intervalMs);
  if (fits(asCloses)) return `they fit ${id} with --times close`;
  const byOffset = OFFSETS.map((hours): [number, number] => [hours, readIn(() => hours * HOUR_MS)]);
  const best = byOffset.filter(([, found]) => fits(found));
  const [only] = best;
  if (best.length === 1 && only !== undefined) return `they fit ${id} in ${offsetText(only[0])}`;
  const areExtended = isInExtended !== undefined && fits(share((time) => time, isInExtended));
  return areExtended ? `they are in pre-market or after-hours of ${id}: --hours extended stores them` : undefined;
}

/** The names of these zones have the opposite sign: Etc/GMT-8 is UTC+8. */
function offsetText(hours: number): string {
  const [sign, inName] = hours < 0 ? ['−', '+'] : ['+', '-'];
  return `a zone of UTC${sign}${Math.abs(hours)}, such as --tz Etc/GMT${inName}${Math.abs(hours)}`;
}
