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
  const swapped = isEpoch(example) ? undefined : swappedDates(walls, example, start.fileName);
  if (swapped?.isSure && options.timeFormat === undefined) throw new FilePlanError('unreadable-time', swapped.detail);
  return swapped?.detail;
}

interface SwappedDates {
  /** The warning or the reason of the refusal. */
  detail: string;
  /** True when there are three dates or more, and swapping day and month puts no more of them on weekends. */
  isSure: boolean;
}

/**
 * Why day and month seem to be swapped. Undefined when nothing suggests it, when swapping changes no date, or when a day cannot be a month.
 * @param walls wall times in the order of the rows, epoch ms @param example text of one of them @param fileName may contain a date
 */
function swappedDates(walls: readonly number[], example: string, fileName: string): SwappedDates | undefined {
  const days = walls.map((wall) => Math.floor(wall / DAY_MS)).filter((day, index, all) => day !== all[index - 1]);
  const swapped = days.map(withDayAsMonth);
  if (swapped.some((day) => Number.isNaN(day))) return undefined;
  const firstChanged = days.findIndex((day, index) => day !== swapped[index]);
  if (firstChanged < 0) return undefined;
  // ISO dates on weekends are more likely those of a market that trades on weekends.
  const isIso = /^\d{4}-\d\d-\d\d/.test(example);
  const weekendReason = isIso ? undefined : reasonByWeekends(days, swapped);
  const reason = reasonByOrder(days, swapped) ?? weekendReason ?? reasonByFileName(days, swapped, fileName);
  if (reason === undefined) return undefined;
  const [date, swappedDate] = [dateOf(days[firstChanged]!), dateOf(swapped[firstChanged]!)];
  return {
    detail: `dates such as ${date} ${reason}: if the day comes before the month (${swappedDate}), give --time-format`,
    isSure: days.length > 2 && weekendCount(swapped) <= weekendCount(days),
  };
}

/** The reason when most dates as read are a month apart and the swapped ones a few days, or only the swapped ones are in order. */
function reasonByOrder(days: readonly number[], swapped: readonly number[]): string | undefined {
  const areMostSteps = (list: readonly number[], fits: (step: number) => boolean): boolean => {
    const steps = distancesOf(list).map(Math.abs);
    return steps.filter(fits).length / Math.max(1, steps.length) >= STEPS_SHARE_MIN;
  };
  const areFar = areMostSteps(days, (step) => step >= FAR_DAYS);
  const areSwappedNear = areMostSteps(swapped, (step) => step <= NEAR_DAYS);
  if (areFar && areSwappedNear) return 'are a month apart from row to row';
  const isOnlySwappedOrdered = days.length > 2 && !isOrdered(days) && isOrdered(swapped);
  return isOnlySwappedOrdered ? 'are not in order' : undefined;
}

/** The reason when most dates as read are on weekends, and no swapped date is. */
function reasonByWeekends(days: readonly number[], swapped: readonly number[]): string | undefined {
  const areMostOnWeekends = weekendCount(days) * 2 > days.length;
  return areMostOnWeekends && weekendCount(swapped) === 0 ? 'are days of a weekend' : undefined;
}

/** The reason when the file's name has a date such as 2024-03-04 that is only among the swapped dates. */
function reasonByFileName(days: readonly number[], swapped: readonly number[], fileName: string): string | undefined {
  const [, year, month, day] = /(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)/.exec(fileName) ?? [];
  const named = Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS; // NaN for a name without a date
  const isOnlySwapped = swapped.includes(named) && !days.includes(named);
  return isOnlySwapped ? "are not the date in the file's name" : undefined;
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
