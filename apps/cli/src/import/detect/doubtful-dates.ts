/** Looks for signs that the dates and hours of a sample were misread: swapped days and months, lost AM and PM, times in the future. */
import { DAY_MS, dateOf, distancesOf, MINUTE_MS } from '@barkeep/bars';
import { FilePlanError, timeText } from '../reading/index.js';
import { isEpoch } from './field-texts.js';
import type { SampleBars } from './sample-bars.js';

const HOUR_MS = 60 * MINUTE_MS;
/** Most days from one trading day to the next, over a weekend and a holiday. */
const NEAR_DAYS = 5;
/** Fewest days of a step that is about a month. When day and month are swapped, consecutive days are a month apart. */
const FAR_DAYS = 25;
/** The share of the steps that must be at most {@link NEAR_DAYS}, or at least {@link FAR_DAYS}. */
const STEPS_SHARE_MIN = 0.8;
const [SUNDAY, SATURDAY] = [0, 6]; // results of getUTCDay

/** Warns when AM and PM are lost: all hours are 1 to 12, and after hour 12 comes hour 1 of the same day. */
export function lostHalfDays({ walls }: SampleBars): string | undefined {
  const hour = (wall: number): number => Math.floor((wall % DAY_MS) / HOUR_MS);
  const day = (wall: number): number => Math.floor(wall / DAY_MS);
  const hasOneAfterTwelve = walls.some((wall, index) => {
    const next = walls[index + 1] ?? 0; // after the last row: 1970, which is another day
    return hour(wall) === 12 && hour(next) === 1 && day(wall) === day(next);
  });
  if (!hasOneAfterTwelve || !walls.every((wall) => hour(wall) >= 1 && hour(wall) <= 12)) return undefined;
  return 'the hours are 1 to 12, and 12 comes before 1: were AM and PM lost?';
}

/** Warns of times more than a day in the future, which were misread. */
export function futureTimes({ times }: SampleBars): string | undefined {
  const latest = times.reduce((max, time) => Math.max(max, time), 0);
  if (latest <= Date.now() + DAY_MS) return undefined;
  return `times such as ${timeText(latest)} are in the future: --time-format says how to read them`;
}

/** Warns when day and month may be swapped. @throws FilePlanError when they surely are and no --time-format is given */
export function doubtfulDates({ start, options, example, walls }: SampleBars): string | undefined {
  if (isEpoch(example)) return undefined;
  const days = walls.map((wall) => Math.floor(wall / DAY_MS)).filter((day, index, all) => day !== all[index - 1]);
  const swapped = days.map(withDayAsMonth);
  const firstChanged = days.findIndex((day, index) => day !== swapped[index]);
  if (firstChanged < 0 || swapped.some((day) => Number.isNaN(day))) return undefined;
  const reason = reasonToSwap(days, swapped, example, start.fileName);
  if (reason === undefined) return undefined;
  const [date, swappedDate] = [dateOf(days[firstChanged]!), dateOf(swapped[firstChanged]!)];
  const detail = `dates such as ${date} ${reason}: if the day comes before the month (${swappedDate}), give --time-format`;
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
  const areFar = areMostSteps(days, (step) => step >= FAR_DAYS);
  if (areFar && areMostSteps(swapped, (step) => step <= NEAR_DAYS)) return 'are a month apart from row to row';
  if (days.length > 2 && !isOrdered(days) && isOrdered(swapped)) return 'are not in order';

  // ISO dates on weekends are more likely those of a market that trades on weekends.
  const isIso = /^\d{4}-\d\d-\d\d/.test(example);
  const areMostOnWeekends = weekendCount(days) * 2 > days.length;
  if (!isIso && areMostOnWeekends && weekendCount(swapped) === 0) return 'are days of a weekend';

  const [, year, month, day] = /(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)/.exec(fileName) ?? [];
  const named = Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS; // NaN for a name without a date
  const isOnlySwapped = swapped.includes(named) && !days.includes(named);
  return isOnlySwapped ? "are not the date in the file's name" : undefined;
}

function areMostSteps(days: readonly number[], fits: (step: number) => boolean): boolean {
  const steps = distancesOf(days).map(Math.abs);
  return steps.filter(fits).length / Math.max(1, steps.length) >= STEPS_SHARE_MIN;
}

/** The date with day and month swapped, both dates as days since 1970; NaN when the day cannot be a month. */
function withDayAsMonth(day: number): number {
  const date = new Date(day * DAY_MS);
  if (date.getUTCDate() > 12) return Number.NaN;
  return Date.UTC(date.getUTCFullYear(), date.getUTCDate() - 1, date.getUTCMonth() + 1) / DAY_MS;
}

function isOrdered(days: readonly number[]): boolean {
  const steps = distancesOf(days);
  return steps.every((step) => step > 0) || steps.every((step) => step < 0);
}

function weekendCount(days: readonly number[]): number {
  return days.filter((day) => [SUNDAY, SATURDAY].includes(new Date(day * DAY_MS).getUTCDay())).length;
}
