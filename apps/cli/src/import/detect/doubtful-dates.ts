/**
 * Looks for signs that the dates and hours of a sample were misread: swapped days and months, lost AM and PM, times in the future.
 *
 * Day and month are swapped when 03/04/2024 is 3 April and was read as 4 March. Consecutive trading days (3, 4 and 5 April) are then
 * read as days a month apart (4 March, 4 April and 4 May). The dates are swapped back, and the two readings compared.
 */
import { DAY_MS, dateOf, distancesOf, MINUTE_MS } from '@barkeep/bars';
import { FilePlanError, timeText } from '../reading/index.js';
import { isEpoch } from './field-texts.js';
import type { SampleBars } from './sample-bars.js';

const HOUR_MS = 60 * MINUTE_MS;
/** Most days from one trading day to the next, over a weekend and a holiday. */
const NEAR_DAYS = 5;
/** Fewest days from one date to the next when they are about a month apart. */
const FAR_DAYS = 25;
/** "Most" dates are near to the next one, or far from it, when at least this share of them is. */
const MOST_SHARE = 0.8;
const [SUNDAY, SATURDAY] = [0, 6]; // results of getUTCDay

/**
 * Warns when AM and PM are lost: all hours are 1 to 12, and after hour 12 comes hour 1 of the same day.
 * `wallTimes` are the times as the file shows them, in its zone.
 */
export function lostHalfDays({ wallTimes }: SampleBars): string | undefined {
  const hour = (wall: number): number => Math.floor((wall % DAY_MS) / HOUR_MS);
  const day = (wall: number): number => Math.floor(wall / DAY_MS);
  const hasOneAfterTwelve = wallTimes.some((wall, index) => {
    const next = wallTimes[index + 1] ?? 0; // after the last row: 1970, which is another day
    return hour(wall) === 12 && hour(next) === 1 && day(wall) === day(next);
  });
  if (!hasOneAfterTwelve || !wallTimes.every((wall) => hour(wall) >= 1 && hour(wall) <= 12)) return undefined;
  return 'the hours are 1 to 12, and 12 comes before 1: were AM and PM lost?';
}

/** Warns of times more than a day in the future, which were misread. */
export function futureTimes({ times }: SampleBars): string | undefined {
  const latest = times.reduce((max, time) => Math.max(max, time), 0);
  if (latest <= Date.now() + DAY_MS) return undefined;
  return `times such as ${timeText(latest)} are in the future: --time-format says how to read them`;
}

/** Warns when day and month may be swapped. @throws FilePlanError when they surely are and no --time-format is given */
export function doubtfulDates({ start, options, example, wallTimes }: SampleBars): string | undefined {
  if (isEpoch(example)) return undefined;
  const days = wallTimes.map((wall) => Math.floor(wall / DAY_MS)).filter((day, index, all) => day !== all[index - 1]);
  const swapped = days.map(withDayAsMonth);
  const firstChanged = days.findIndex((day, index) => day !== swapped[index]);
  if (firstChanged < 0 || swapped.some((day) => Number.isNaN(day))) return undefined;
  const reason = reasonToSwap(days, swapped, example, start.fileName);
  if (reason === undefined) return undefined;
  const [date, swappedDate] = [dateOf(days[firstChanged]!), dateOf(swapped[firstChanged]!)];
  const detail = `dates such as ${date} ${reason}: if the day comes before the month (${swappedDate}), give --time-format`;
  // Two dates may be a month apart by chance. And swapped dates that fall on more weekends are hardly the right ones.
  const isSure = days.length > 2 && weekendCount(swapped) <= weekendCount(days);
  if (isSure && options.timeFormat === undefined) throw new FilePlanError('unreadable-time', detail);
  return detail;
}

/**
 * Why the dates as read look wrong, and the swapped ones right; undefined when nothing suggests it.
 * @param days dates as days since 1970, in the order of the rows @param example text of a time @param fileName may contain a date
 */
function reasonToSwap(
  days: readonly number[],
  swapped: readonly number[],
  example: string,
  fileName: string,
): string | undefined {
  const areFar = areMostApart(days, (distance) => distance >= FAR_DAYS);
  if (areFar && areMostApart(swapped, (distance) => distance <= NEAR_DAYS)) return 'are a month apart from row to row';
  if (days.length > 2 && !isOrdered(days) && isOrdered(swapped)) return 'are not in order';

  // An ISO date has a fixed order. When it is on a weekend, its market more likely trades on weekends.
  const isIso = /^\d{4}-\d\d-\d\d/.test(example);
  const areMostOnWeekends = weekendCount(days) * 2 > days.length;
  if (!isIso && areMostOnWeekends && weekendCount(swapped) === 0) return 'are days of a weekend';

  const [, year, month, day] = /(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)/.exec(fileName) ?? [];
  const named = Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS; // NaN for a name without a date
  const isOnlySwapped = swapped.includes(named) && !days.includes(named);
  return isOnlySwapped ? "are not the date in the file's name" : undefined;
}

/** True when most dates have a distance to the next one that fits. @param fits gets the distance in days */
function areMostApart(days: readonly number[], fits: (distance: number) => boolean): boolean {
  const distances = distancesOf(days).map(Math.abs);
  return distances.filter(fits).length / Math.max(1, distances.length) >= MOST_SHARE;
}

/** The date with day and month swapped, both dates as days since 1970; NaN when the day cannot be a month. */
function withDayAsMonth(day: number): number {
  const date = new Date(day * DAY_MS);
  if (date.getUTCDate() > 12) return Number.NaN;
  return Date.UTC(date.getUTCFullYear(), date.getUTCDate() - 1, date.getUTCMonth() + 1) / DAY_MS;
}

function isOrdered(days: readonly number[]): boolean {
  const distances = distancesOf(days);
  return distances.every((distance) => distance > 0) || distances.every((distance) => distance < 0);
}

function weekendCount(days: readonly number[]): number {
  return days.filter((day) => [SUNDAY, SATURDAY].includes(new Date(day * DAY_MS).getUTCDay())).length;
}
