/** Finds what names the zone of a file's times, and whose market hours the times fit. Pure except for a cache. */
import { IANAZone } from 'luxon';
import { bareName } from './header-names.js';
import type { FileLayout } from './layout.js';

const DAY_MS = 86_400_000;
/** An epoch in seconds to nanoseconds, which needs no zone; a float may write it with an exponent. */
const EPOCH = /^[+-]?(\d{9,10}(\d{3}){0,3}(\.\d+)?|\d(\.\d+)?e\+?\d+)$/i;
/** `Z`, an offset or the name of a zone, at the end of a time. */
const ZONE = /(Z|[+-]\d\d(:?\d\d)?|[a-z_]{3,})$/i;

/** The zone of times without an offset; undefined when nothing names it. @param given the zone of --tz */
export function namedZone({ format, names, layout }: FileLayout, given: string | undefined): string | undefined {
  return given ?? format?.zone ?? headerZone(names[layout.time] ?? '');
}

/** The zone that a time column's name states, such as UTC for `time_utc`; undefined for none, and for `UTC+8 time`. */
export function headerZone(name: string): string | undefined {
  const bare = bareName(name);
  if (/^(date|time|datetime|timestamp)(et|eastern|newyork)$/.test(bare)) return 'America/New_York';
  return /(utc|gmt)$|^(utc|gmt)(?!\d)/.test(bare) ? 'UTC' : undefined;
}

/** Offsets by zone and day, in ms. The files of an import share them: a zip may have thousands. */
const offsets = new Map<string, Map<number, number>>();

/** The offset of a zone at the start of a time's UTC day, in ms. For samples only: it ignores the hour of a change. */
export function offsetOfDay(zone: string): (time: number) => number {
  const days = offsets.get(zone) ?? new Map<number, number>();
  offsets.set(zone, days);
  return (time) => {
    const day = Math.floor(time / DAY_MS);
    const offset = days.get(day) ?? IANAZone.create(zone).offset(day * DAY_MS) * 60_000;
    days.set(day, offset);
    return offset;
  };
}

export function isEpoch(text: string): boolean {
  return EPOCH.test(text);
}

/** True for a text with a date and a time of day, and without an offset or a zone. */
export function lacksZone(text: string): boolean {
  return !isEpoch(text) && !ZONE.test(text.replace(/^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}/, ''));
}

/**
 * A market's opening hours, as decimal numbers. A day's first row may be `late` minutes after `from`, and its last row
 * `early` minutes before `to`. @default late 5, early the same as late
 */
type MarketHours = readonly [zone: string, from: number, to: number, late?: number, early?: number];

const MARKETS: readonly MarketHours[] = [
  ['Asia/Shanghai', 9.5, 15],
  // A few rows of the morning are enough: no market opens at 09:30 UTC.
  ['America/New_York', 9.5, 16, 1, 389],
  ['America/New_York', 4, 20, 30],
  ['America/Chicago', 8.5, 15],
  ['Europe/London', 8, 16.5],
  ['Europe/Berlin', 9, 17.5],
  ['Asia/Kolkata', 9.25, 15.5],
  ['Asia/Tokyo', 9, 15],
  ['Asia/Tokyo', 9, 15.5],
  ['Australia/Sydney', 10, 16],
];
const MINUTE_MS = 60_000;
/** An auction may follow the close for this long. */
const AUCTION_MINUTES = 10;
/** The share of the rows that must be inside of the hours. */
const SHARE_MIN = 0.98;

/** The zone of a market whose hours the times fit, if any. @param walls wall times, in ms as if they were UTC */
export function hoursElsewhere(walls: readonly number[]): string | undefined {
  const fitting = MARKETS.find((market) => {
    const offset = offsetOfDay(market[0]);
    return walls.some((wall) => offset(wall) !== 0) && fits(walls, market);
  });
  return fitting?.[0];
}

/** True when the times fit a market of `zone` only if they are read as UTC. @param walls wall times in `zone`, in ms */
export function areHoursInUtc(walls: readonly number[], zone: string): boolean {
  const offset = offsetOfDay(zone);
  const shifted = walls.map((wall) => wall + offset(wall));
  return MARKETS.some((market) => market[0] === zone && !fits(walls, market) && fits(shifted, market));
}

function minuteOf(wall: number): number {
  return Math.floor((((wall % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
}

/** True when nearly all rows are inside of the hours, and half of the days or more begin and end with them. */
function fits(walls: readonly number[], [, fromHour, toHour, late = 5, early = late]: MarketHours): boolean {
  const [from, to] = [fromHour * 60, toHour * 60];
  const days = new Map<number, [first: number, last: number]>();
  let inside = 0;
  for (const wall of walls) {
    const minute = minuteOf(wall);
    const [first, last] = days.get(Math.floor(wall / DAY_MS)) ?? [minute, minute];
    days.set(Math.floor(wall / DAY_MS), [Math.min(first, minute), Math.max(last, minute)]);
    if (minute >= from && minute <= to) inside++;
  }
  const wholeDays = [...days.values()].filter(
    ([first, last]) => first >= from && first <= from + late && last >= to - early && last <= to + AUCTION_MINUTES,
  );
  // The edge of a sample cuts its first and its last day.
  return wholeDays.length > 0 && wholeDays.length * 2 >= days.size - 2 && inside >= SHARE_MIN * walls.length;
}

/** The earliest and the latest time of day, such as `09:30 to 15:59`. */
export function hoursText(walls: readonly number[]): string {
  const minutes = walls.map(minuteOf);
  const text = (minute: number): string => new Date(minute * MINUTE_MS).toISOString().slice(11, 16);
  return `${text(Math.min(...minutes))} to ${text(Math.max(...minutes))}`;
}
