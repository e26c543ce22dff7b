/** Finds dates whose day and month may have changed places, such as 20240305 for the 3rd of May. Pure. */
import { dateOf } from '@barkeep/bars';

const DAY_MS = 86_400_000;
/** From one trading day to the next, over a weekend and a holiday. */
const NEAR_DAYS = 5;
/** A step of a month. */
const FAR_DAYS = 25;
const SHARE_MIN = 0.8;

interface SwappedDates {
  detail: string;
  /** Three dates or more say the same, and those of the other reading are no days of weekends. */
  isSure: boolean;
}

/**
 * Undefined when nothing speaks for it, and when a date has no other reading.
 * @param walls wall times in the order of the rows, epoch ms @param example of their text @param fileName may have a date of the file
 */
export function swappedDates(walls: readonly number[], example: string, fileName: string): SwappedDates | undefined {
  const days = walls.map((wall) => Math.floor(wall / DAY_MS)).filter((day, index, all) => day !== all[index - 1]);
  const swapped = days.map(swap);
  if (days.every((day, index) => day === swapped[index]) || swapped.some((day) => Number.isNaN(day))) return undefined;
  const isIso = /^\d{4}-\d\d-\d\d/.test(example); // markets that trade on weekends write it too
  const why =
    differenceOf(days, swapped) ?? (isIso ? undefined : weekendsOf(days, swapped)) ?? fileDate(days, swapped, fileName);
  if (why === undefined) return undefined;
  const at = days.findIndex((day, index) => day !== swapped[index]);
  const [day, other] = [dateOf(days[at]!), dateOf(swapped[at]!)];
  return {
    detail: `dates such as ${day} ${why}: if the day stands before the month (${other}), name the order with --time-format`,
    isSure: days.length > 2 && weekends(swapped) <= weekends(days),
  };
}

function differenceOf(days: readonly number[], swapped: readonly number[]): string | undefined {
  const steps = (list: readonly number[]): number[] => list.slice(1).map((day, index) => Math.abs(day - list[index]!));
  const share = (list: readonly number[], isFit: (step: number) => boolean): number =>
    steps(list).filter(isFit).length / Math.max(1, list.length - 1);
  const isFar = share(days, (step) => step >= FAR_DAYS) >= SHARE_MIN;
  if (isFar && share(swapped, (step) => step <= NEAR_DAYS) >= SHARE_MIN) return 'are a month apart from row to row';
  return days.length > 2 && !isOrdered(days) && isOrdered(swapped) ? 'are not in order' : undefined;
}

function weekendsOf(days: readonly number[], swapped: readonly number[]): string | undefined {
  return weekends(days) * 2 > days.length && weekends(swapped) === 0 ? 'are days of a weekend' : undefined;
}

function fileDate(days: readonly number[], swapped: readonly number[], fileName: string): string | undefined {
  const [, year, month, day] = /(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)/.exec(fileName) ?? [];
  const named = Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS;
  return swapped.includes(named) && !days.includes(named) ? "are not the date in the file's name" : undefined;
}

/** NaN for a day that is no month. */
function swap(day: number): number {
  const date = new Date(day * DAY_MS);
  if (date.getUTCDate() > 12) return Number.NaN;
  return Date.UTC(date.getUTCFullYear(), date.getUTCDate() - 1, date.getUTCMonth() + 1) / DAY_MS;
}

function isOrdered(days: readonly number[]): boolean {
  const steps = days.slice(1).map((day, index) => day - days[index]!);
  return steps.every((step) => step > 0) || steps.every((step) => step < 0);
}

function weekends(days: readonly number[]): number {
  return days.filter((day) => [0, 6].includes(new Date(day * DAY_MS).getUTCDay())).length;
}
