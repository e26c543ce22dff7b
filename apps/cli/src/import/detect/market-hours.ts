/**
 * Compares the times of a file with the hours of markets, for two questions. Pure.
 * - The times were read as UTC: are they a market's local hours? ({@link hoursElsewhere})
 * - The times were read in the zone of a market: are they UTC? ({@link areHoursInUtc})
 */
import { DAY_MS, MINUTE_MS } from '@barkeep/bars';
import { clockOf } from '../times/index.js';

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

/** Local hours of markets; some markets have several entries. When several fit, {@link hoursElsewhere} takes the first. */
const MARKETS: readonly MarketHours[] = [
  { zone: 'Asia/Shanghai', open: 9.5, close: 15 },
  // Times that begin at 09:30 are sign enough, because no market opens at 09:30 UTC. So a day may end at any time from 09:31 on, which
  // is 389 minutes before the close.
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

/** The zone of a market whose local hours the times fit, if any; no zone that is UTC on these days. @param wallTimes read as UTC, ms */
export function hoursElsewhere(wallTimes: readonly number[]): string | undefined {
  const fittingMarket = MARKETS.find((market) => {
    const clock = clockOf(market.zone);
    // False for London in winter: there the times are UTC, so no other zone is needed.
    const differsFromUtc = wallTimes.some((wall) => clock.offsetOnDay(wall) !== 0);
    return differsFromUtc && fits(wallTimes, market);
  });
  return fittingMarket?.zone;
}

/** True when the times fit a market of `zone` only if they are read as UTC. @param wallTimes read in `zone`, in ms as if it were UTC */
export function areHoursInUtc(wallTimes: readonly number[], zone: string): boolean {
  const clock = clockOf(zone);
  const wallTimesIfUtc = wallTimes.map((wall) => wall + clock.offsetOnDay(wall));
  return MARKETS.some((market) => market.zone === zone && !fits(wallTimes, market) && fits(wallTimesIfUtc, market));
}

/** The minute of the day, 0 to 1439. The second remainder is for times before 1970. */
function minuteOf(wall: number): number {
  return Math.floor((((wall % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
}

/** True when nearly all rows are inside of the hours, and enough days are whole: they begin and end with the hours. */
function fits(wallTimes: readonly number[], market: MarketHours): boolean {
  const { lateMinutes = 5, earlyMinutes = lateMinutes } = market;
  const [open, close] = [market.open * 60, market.close * 60]; // minutes of the day
  const days = new Map<number, [first: number, last: number]>();
  let inside = 0;
  for (const wall of wallTimes) {
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
  return areEnoughWhole && inside >= INSIDE_SHARE_MIN * wallTimes.length;
}

/** The earliest and the latest time of day, such as `09:30 to 15:59`. */
export function hoursText(wallTimes: readonly number[]): string {
  const minutes = wallTimes.map(minuteOf);
  const text = (minute: number): string => new Date(minute * MINUTE_MS).toISOString().slice(11, 16);
  return `${text(Math.min(...minutes))} to ${text(Math.max(...minutes))}`;
}
