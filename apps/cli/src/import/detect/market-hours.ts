/** Finds out whether times look like the trading hours of a market in another zone than the one in which they were read. Pure. */
import { offsetOfDay } from './zones.js';

interface MarketHours {
  zone: string;
  /** Minutes since midnight. */
  from: number;
  to: number;
  /** The first row of a day may be this much later, minutes. */
  late: number;
  /** Its last row may be this much earlier. */
  early: number;
}

const hours = (zone: string, from: string, to: string, late = 5, early = late): MarketHours => {
  const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { zone, from: minutes(from), to: minutes(to), late, early };
};
const MARKETS = [
  hours('Asia/Shanghai', '09:30', '15:00'),
  // A few rows of the morning are enough: no market opens at 09:30 UTC.
  hours('America/New_York', '09:30', '16:00', 1, 389),
  hours('America/New_York', '04:00', '20:00', 30),
  hours('America/Chicago', '08:30', '15:00'),
  hours('Europe/London', '08:00', '16:30'),
  hours('Europe/Berlin', '09:00', '17:30'),
  hours('Asia/Kolkata', '09:15', '15:30'),
  hours('Asia/Tokyo', '09:00', '15:00'),
  hours('Asia/Tokyo', '09:00', '15:30'),
  hours('Australia/Sydney', '10:00', '16:00'),
];
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** An auction may follow the close. */
const AUCTION_MINUTES = 10;
const SHARE_MIN = 0.98;

/**
 * The zone of the market whose hours the times fit; undefined when they fit none.
 * @param walls wall times in UTC, which was assumed, epoch ms
 */
export function hoursElsewhere(walls: readonly number[]): string | undefined {
  const found = MARKETS.find((market) => {
    const offset = offsetOfDay(market.zone);
    return walls.some((wall) => offset(wall) !== 0) && fits(walls, market);
  });
  return found?.zone;
}

/** True when the times fit a market of the zone as UTC and not as read. @param walls wall times in `zone`, epoch ms */
export function areHoursInUtc(walls: readonly number[], zone: string): boolean {
  const offset = offsetOfDay(zone);
  const shifted = walls.map((wall) => wall + offset(wall));
  return MARKETS.some((market) => market.zone === zone && !fits(walls, market) && fits(shifted, market));
}

function minuteOf(wall: number): number {
  return Math.floor((((wall % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
}

/** Most rows are inside of the hours, and most days begin and end with them. */
function fits(walls: readonly number[], { from, to, late, early }: MarketHours): boolean {
  const days = new Map<number, [first: number, last: number]>();
  let inside = 0;
  for (const wall of walls) {
    const minute = minuteOf(wall);
    const [first, last] = days.get(Math.floor(wall / DAY_MS)) ?? [minute, minute];
    days.set(Math.floor(wall / DAY_MS), [Math.min(first, minute), Math.max(last, minute)]);
    if (minute >= from && minute <= to) inside++;
  }
  const whole = [...days.values()].filter(
    ([first, last]) => first >= from && first <= from + late && last >= to - early && last <= to + AUCTION_MINUTES,
  );
  // The edge of a sample cuts its first and its last day.
  return whole.length > 0 && whole.length * 2 >= days.size - 2 && inside >= SHARE_MIN * walls.length;
}

/** The earliest and the latest time of day. */
export function hoursText(walls: readonly number[]): string {
  const minutes = walls.map(minuteOf);
  const text = (minute: number): string => new Date(minute * MINUTE_MS).toISOString().slice(11, 16);
  return `${text(Math.min(...minutes))} to ${text(Math.max(...minutes))}`;
}
