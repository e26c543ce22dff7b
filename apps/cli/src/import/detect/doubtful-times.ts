/** Looks for signs in the times of a sample that they were misread. Each check returns a warning or undefined. */
import { dateOf } from '@barkeep/bars';
import { FilePlanError, timeText } from '../reading/index.js';
import { bareName } from './header-names.js';
import type { SampleBars } from './sample-bars.js';
import { exampleOfCloses } from './spacing.js';
import { areHoursInUtc, headerZone, hoursElsewhere, hoursText, isEpoch, lacksZone } from './zones.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Zones with the same offset all year, and the zone with daylight saving that the user probably means. */
const DAYLIGHT_ZONES: Record<string, string> = { EST: 'America/New_York', MST: 'America/Denver' };
/** Names of columns with local times. */
const LOCAL_NAME = /local|exchange|^(date|time|datetime|timestamp)([ecmp][sd]t|cest|cet|bst|ist|jst|kst|hkt|msk)$/;

/** A name with an offset other than 0, such as `Time (UTC+8)`, in the form in which names are compared. */
const OFFSET_NAME = /(utc|gmt)0*[1-9]/;

/** Warns when times without an offset seem to be in another zone than the one in which they were read. */
export function doubtfulZone(sample: SampleBars): string | undefined {
  const { file, options, reader, example, walls, isAssumed, head, last } = sample;
  if (!lacksZone(example)) return undefined;
  const name = file.names[file.layout.time] ?? '';
  const nameWarning = options.zone === undefined ? localNameWarning(name) : zoneWarning(name, options.zone);
  if (nameWarning !== undefined) return nameWarning;
  // Of the known formats, only those of MetaTrader have no zone.
  if (isAssumed && file.format !== undefined)
    return `times of ${file.format.name} are those of the broker's server and were read as UTC: give its zone with --tz`;
  const other = isAssumed ? hoursElsewhere(walls) : areHoursInUtc(walls, reader.zone) ? 'UTC' : undefined;
  if (other !== undefined) {
    const hint = isAssumed ? '; if not, with --tz UTC' : '';
    return `times without a zone, from ${hoursText(walls)}, were read in ${reader.zone} and look like a market day in ${other}: if they are, import with --tz ${other}${hint}`;
  }
  const [first] = head;
  const isNewestFirst = first !== undefined && last !== undefined && first.openTime > last.openTime;
  if (!isAssumed || !isNewestFirst) return undefined;
  return (
    'times without a zone were read as UTC, and the newest is first, as in files of Alpha Vantage and Twelve Data, which have the time of ' +
    'the exchange: if so, import with --tz and its zone; if not, with --tz UTC'
  );
}

function localNameWarning(name: string): string | undefined {
  const bare = bareName(name);
  if (!LOCAL_NAME.test(bare) && !OFFSET_NAME.test(bare)) return undefined;
  return `the column "${name}" has local times and they were read as UTC: give their zone with --tz`;
}

/** Warns when --tz has no daylight saving or the column's name names another zone. @param zone the one of --tz */
function zoneWarning(name: string, zone: string): string | undefined {
  const daylight = DAYLIGHT_ZONES[zone];
  if (daylight !== undefined)
    return `times were read in ${zone}, which has no daylight saving; --tz ${daylight} has it`;
  const named = headerZone(name);
  const isSame = named === zone || (named === 'UTC' && /^(Etc\/)?(UTC|GMT)$/i.test(zone));
  if (named === undefined || isSame) return undefined;
  return `the column "${name}" names the zone ${named}, and its times were read in ${zone}`;
}

/** Warns when day and month may be swapped. @throws FilePlanError when they surely are and no --time-format is given */
export function doubtfulDates({ start, options, example, walls }: SampleBars): string | undefined {
  const swapped = isEpoch(example) ? undefined : swappedDates(walls, example, start.fileName);
  if (swapped?.isSure && options.timeFormat === undefined) throw new FilePlanError('unreadable-time', swapped.detail);
  return swapped?.detail;
}

/** Warns when AM and PM are lost: all hours are 1 to 12, and after hour 12 comes hour 1 of the same day. */
export function lostHalfDays({ walls }: SampleBars): string | undefined {
  const hour = (wall: number): number => Math.floor((wall % DAY_MS) / HOUR_MS);
  const day = (wall: number): number => Math.floor(wall / DAY_MS);
  const isTurn = walls.some((wall, index) => {
    const next = walls[index + 1] ?? 0;
    return hour(wall) === 12 && hour(next) === 1 && day(wall) === day(next);
  });
  if (!isTurn || !walls.every((wall) => hour(wall) >= 1 && hour(wall) <= 12)) return undefined;
  return 'the hours are 1 to 12, and 12 comes before 1: were AM and PM lost?';
}

/** Warns of times more than a day in the future, which were misread. */
export function futureTimes({ times }: SampleBars): string | undefined {
  const latest = times.reduce((max, time) => Math.max(max, time), 0);
  if (latest <= Date.now() + DAY_MS) return undefined;
  return `times such as ${timeText(latest)} are in the future: --time-format says how to read them`;
}

/** Warns when times that were read as opens look like closes. */
export function closesAsOpens({ file, head, start, options, times }: SampleBars): string | undefined {
  if (options.times !== undefined || file.format?.times === 'close') return undefined;
  const parts = [
    { times: times.slice(0, head.length), isFirst: true, isLast: start.isWhole },
    { times: times.slice(head.length), isFirst: false, isLast: true },
  ];
  const closes = exampleOfCloses(parts, options.intervalMs);
  if (closes === undefined) return undefined;
  const [first, last] = closes.map((time) => timeText(time).slice(11, 16));
  return `times look like bar close times (a day from ${first}Z to ${last}Z): if they are, import with --times close`;
}

/** Most days from one trading day to the next, over a weekend and a holiday. */
const NEAR_DAYS = 5;
/** Fewest days of a step that is about a month: swapped, consecutive days are so far apart. */
const FAR_DAYS = 25;
/** The share of the steps that must be so near, or so far. */
const SHARE_MIN = 0.8;

interface SwappedDates {
  detail: string;
  /** There are three dates or more, and the swap does not put more of them on weekends. */
  isSure: boolean;
}

/**
 * Why day and month seem to be swapped; undefined when nothing suggests it, and when a day cannot be a month.
 * @param walls wall times in the order of the rows, epoch ms @param example text of one @param fileName may have a date
 */
function swappedDates(walls: readonly number[], example: string, fileName: string): SwappedDates | undefined {
  const days = walls.map((wall) => Math.floor(wall / DAY_MS)).filter((day, index, all) => day !== all[index - 1]);
  const swapped = days.map(swap);
  if (days.every((day, index) => day === swapped[index]) || swapped.some((day) => Number.isNaN(day))) return undefined;
  const isIso = /^\d{4}-\d\d-\d\d/.test(example); // may be of a market that trades on weekends
  const why =
    byOrder(days, swapped) ?? (isIso ? undefined : byWeekends(days, swapped)) ?? byFileName(days, swapped, fileName);
  if (why === undefined) return undefined;
  const at = days.findIndex((day, index) => day !== swapped[index]);
  const [day, other] = [dateOf(days[at]!), dateOf(swapped[at]!)];
  return {
    detail: `dates such as ${day} ${why}: if the day comes before the month (${other}), give --time-format`,
    isSure: days.length > 2 && weekendCount(swapped) <= weekendCount(days),
  };
}

function byOrder(days: readonly number[], swapped: readonly number[]): string | undefined {
  const steps = (list: readonly number[]): number[] => list.slice(1).map((day, index) => Math.abs(day - list[index]!));
  const share = (list: readonly number[], isFit: (step: number) => boolean): number =>
    steps(list).filter(isFit).length / Math.max(1, list.length - 1);
  const isFar = share(days, (step) => step >= FAR_DAYS) >= SHARE_MIN;
  if (isFar && share(swapped, (step) => step <= NEAR_DAYS) >= SHARE_MIN) return 'are a month apart from row to row';
  return days.length > 2 && !isOrdered(days) && isOrdered(swapped) ? 'are not in order' : undefined;
}

function byWeekends(days: readonly number[], swapped: readonly number[]): string | undefined {
  return weekendCount(days) * 2 > days.length && weekendCount(swapped) === 0 ? 'are days of a weekend' : undefined;
}

function byFileName(days: readonly number[], swapped: readonly number[], fileName: string): string | undefined {
  const [, year, month, day] = /(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)/.exec(fileName) ?? [];
  const named = Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS;
  return swapped.includes(named) && !days.includes(named) ? "are not the date in the file's name" : undefined;
}

/** The date with day and month swapped, both dates in days since 1970; NaN when the day cannot be a month. */
function swap(day: number): number {
  const date = new Date(day * DAY_MS);
  if (date.getUTCDate() > 12) return Number.NaN;
  return Date.UTC(date.getUTCFullYear(), date.getUTCDate() - 1, date.getUTCMonth() + 1) / DAY_MS;
}

function isOrdered(days: readonly number[]): boolean {
  const steps = days.slice(1).map((day, index) => day - days[index]!);
  return steps.every((step) => step > 0) || steps.every((step) => step < 0);
}

function weekendCount(days: readonly number[]): number {
  return days.filter((day) => [0, 6].includes(new Date(day * DAY_MS).getUTCDay())).length;
}
