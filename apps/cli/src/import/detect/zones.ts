/** Finds what names the zone of a file's times, and whose market hours the times fit. Pure except for a cache. */
import { DAY_MS, MINUTE_MS } from '@barkeep/bars';
import { IANAZone } from 'luxon';
import { bareName } from './header-names.js';
import type { FileLayout } from './layout.js';

/** An epoch in seconds to nanoseconds, which needs no zone. Programs that use floats may write it as `1.7095626e+18`. */
const EPOCH = /^[+-]?(\d{9,10}(\d{3}){0,3}(\.\d+)?|\d(\.\d+)?e\+?\d+)$/i;
/** `Z`, an offset or the name of a zone, at the end of a time. */
const ZONE_AT_END = /(Z|[+-]\d\d(:?\d\d)?|[a-z_]{3,})$/i;

/** The zone of times without an offset: that of --tz, of the format or of the time column's name; undefined for none. */
export function namedZone({ format, names, layout }: FileLayout, givenZone: string | undefined): string | undefined {
  return givenZone ?? format?.zone ?? headerZone(names[layout.time] ?? '');
}

/** The zone that a time column's name states, such as UTC for `time_utc`; undefined for none, and for `UTC+8 time`. */
export function headerZone(name: string): string | undefined {
  const bare = bareName(name);
  if (/^(date|time|datetime|timestamp)(et|eastern|newyork)$/.test(bare)) return 'America/New_York';
  return /(utc|gmt)$|^(utc|gmt)(?!\d)/.test(bare) ? 'UTC' : undefined;
}

/** Offsets in ms by zone and UTC day number. The files of an import share this cache: a zip may have thousands. */
const offsetsByZone = new Map<string, Map<number, number>>();

/**
 * Makes the function that gives the offset of a zone in ms at the start of a time's UTC day. It is for samples only: on the
 * day of a change of daylight saving, it is an hour off for a part of the day.
 */
export function offsetOfDay(zone: string): (time: number) => number {
  const offsetsByDay = offsetsByZone.get(zone) ?? new Map<number, number>();
  offsetsByZone.set(zone, offsetsByDay);
  return (time) => {
    const day = Math.floor(time / DAY_MS);
    const offset = offsetsByDay.get(day) ?? IANAZone.create(zone).offset(day * DAY_MS) * MINUTE_MS;
    offsetsByDay.set(day, offset);
    return offset;
  };
}

export function isEpoch(text: string): boolean {
  return EPOCH.test(text);
}

/** True for the text of a time with neither an offset nor a zone. An epoch needs none. */
export function lacksZone(text: string): boolean {
  // Without its date: the end of 2024-03-04 would look like an offset.
  const timeOfDay = text.replace(/^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}/, '');
  return !isEpoch(text) && !ZONE_AT_END.test(timeOfDay);
}

/** A market's opening hours, in hours after midnight: 9.5 is 09:30. */
interface MarketHours {
  zone: string;
  open: number;
  close: number;
  /** Most minutes from the open to a day's first row. @default 5 */
  lateMinutes?: number;
  /** Most minutes from a day's last row to the close. @default `lateMinutes` */
  earlyMinutes?: number;
}

const MARKETS: readonly MarketHours[] = [
  { zone: 'Asia/Shanghai', open: 9.5, close: 15 },
  // A few rows after the open are enough (389 minutes before the close is 09:31): no market opens at 09:30 UTC.
  { zone: 'America/New_York', open: 9.5, close: 16, lateMinutes: 1, earlyMinutes: 389 },
  { zone: 'America/New_York', open: 4, close: 20, lateMinutes: 30 }, // with extended hours
  { zone: 'America/Chicago', open: 8.5, close: 15 },
  { zone: 'Europe/London', open: 8, close: 16.5 },
  { zone: 'Europe/Berlin', open: 9, close: 17.5 },
  { zone: 'Asia/Kolkata', open: 9.25, close: 15.5 },
  { zone: 'Asia/Tokyo', open: 9, close: 15 }, // until November 2024
  { zone: 'Asia/Tokyo', open: 9, close: 15.5 },
  { zone: 'Australia/Sydney', open: 10, close: 16 },
];
/** An auction may follow the close for this long. */
const AUCTION_MINUTES = 10;
/** The share of the rows that must be inside of the hours. */
const INSIDE_SHARE_MIN = 0.98;

/** The zone of a market whose hours the times fit, if any. @param walls wall times, in ms as if they were UTC */
export function hoursElsewhere(walls: readonly number[]): string | undefined {
  const fittingMarket = MARKETS.find((market) => {
    const offsetMs = offsetOfDay(market.zone);
    const differsFromUtc = walls.some((wall) => offsetMs(wall) !== 0); // false for London in winter
    return differsFromUtc && fits(walls, market);
  });
  return fittingMarket?.zone;
}

/** True when the times fit a market of `zone` only if they are read as UTC. @param walls wall times in `zone`, in ms */
export function areHoursInUtc(walls: readonly number[], zone: string): boolean {
  const offsetMs = offsetOfDay(zone);
  const wallsIfUtc = walls.map((wall) => wall + offsetMs(wall));
  return MARKETS.some((market) => market.zone === zone && !fits(walls, market) && fits(wallsIfUtc, market));
}

/** The minute of the day, 0 to 1439. The second remainder is for times before 1970. */
function minuteOf(wall: number): number {
  return Math.floor((((wall % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
}

/** True when nearly all rows are inside of the hours, and enough days are whole: they begin and end with the hours. */
function fits(walls: readonly number[], market: MarketHours): boolean {
  const { lateMinutes = 5, earlyMinutes = lateMinutes } = market;
  const [open, close] = [market.open * 60, market.close * 60]; // minutes of the day
  const days = new Map<number, [first: number, last: number]>();
  let inside = 0;
  for (const wall of walls) {
    const minute = minuteOf(wall);
    const day = Math.floor(wall / DAY_MS);
    const [first, last] = days.get(day) ?? [minute, minute];
    days.set(day, [Math.min(first, minute), Math.max(last, minute)]);
    if (minute >= open && minute <= close) inside++;
  }
  const wholeDays = [...days.values()].filter(([first, last]) => {
    const beginsWithOpen = first >= open && first <= open + lateMinutes;
    const endsWithClose = last >= close - earlyMinutes && last <= close + AUCTION_MINUTES;
    return beginsWithOpen && endsWithClose;
  }).length;
  const uncutDays = days.size - 2; // the sample may cut its first and its last day
  const areEnoughWhole = wholeDays > 0 && wholeDays >= uncutDays / 2;
  return areEnoughWhole && inside >= INSIDE_SHARE_MIN * walls.length;
}

/** The earliest and the latest time of day, such as `09:30 to 15:59`. */
export function hoursText(walls: readonly number[]): string {
  const minutes = walls.map(minuteOf);
  const text = (minute: number): string => new Date(minute * MINUTE_MS).toISOString().slice(11, 16);
  return `${text(Math.min(...minutes))} to ${text(Math.max(...minutes))}`;
}
