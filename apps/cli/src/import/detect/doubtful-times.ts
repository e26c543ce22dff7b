/** Finds what speaks against the reading of a file's times: another zone, closes, swapped dates, lost halves of days. Pure. */
import { dateOf } from '@barkeep/bars';
import { FilePlanError, timeText } from '../reading/index.js';
import { bareName } from './header-names.js';
import type { SampleBars } from './sample-bars.js';
import { exampleOfCloses } from './spacing.js';
import { areHoursInUtc, headerZone, hoursElsewhere, hoursText, isEpoch, lacksZone } from './zones.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Zones whose names stand for an offset all year, while people mean the time of a city. */
const DAYLIGHT_ZONES: Record<string, string> = { EST: 'America/New_York', MST: 'America/Denver' };
const LOCAL_NAME = /local|exchange|^(date|time|datetime|timestamp)([ecmp][sd]t|cest|cet|bst|ist|jst|kst|hkt|msk)$/;

/** The zone of times without an offset may be another one. */
export function doubtfulZone(sample: SampleBars): string | undefined {
  const { file, options, reader, example, walls, isAssumed, head, last } = sample;
  if (!lacksZone(example)) return undefined;
  const name = file.names[file.layout.time] ?? '';
  const byName = options.zone === undefined ? localName(name) : otherZone(name, options.zone);
  if (byName !== undefined) return byName;
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

function localName(name: string): string | undefined {
  if (!LOCAL_NAME.test(bareName(name))) return undefined;
  return `the column "${name}" has local times and they were read as UTC: give their zone with --tz`;
}

/** @param zone the one of --tz */
function otherZone(name: string, zone: string): string | undefined {
  const daylight = DAYLIGHT_ZONES[zone];
  if (daylight !== undefined)
    return `times were read in ${zone}, which has no daylight saving; --tz ${daylight} has it`;
  const says = headerZone(name);
  const isSame = says === zone || (says === 'UTC' && /^(Etc\/)?(UTC|GMT)$/.test(zone));
  if (says === undefined || isSame) return undefined;
  return `the column "${name}" names the zone ${says}, and its times were read in ${zone}`;
}

/** Days and months may have changed places. @throws FilePlanError when they surely have */
export function doubtfulDates({ start, options, example, walls }: SampleBars): string | undefined {
  const swapped = isEpoch(example) ? undefined : swappedDates(walls, example, start.fileName);
  if (swapped?.isSure && options.timeFormat === undefined) throw new FilePlanError('unreadable-time', swapped.detail);
  return swapped?.detail;
}

/** After 12:59 comes 01:00 of the same day: the times are of a clock of twelve hours, without AM and PM. */
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

/** A bar of the future has a time that was read wrong. */
export function futureTimes({ times }: SampleBars): string | undefined {
  const latest = times.reduce((max, time) => Math.max(max, time), 0);
  if (latest <= Date.now() + DAY_MS) return undefined;
  return `times such as ${timeText(latest)} are in the future: --time-format says how to read them`;
}

export function closesAsOpens({ file, head, start, options, times }: SampleBars): string | undefined {
  if (options.times !== undefined || file.format?.times === 'close') return undefined;
  const parts = [
    { times: times.slice(0, head.length), isFirst: true, isLast: start.isWhole },
    { times: times.slice(head.length), isFirst: false, isLast: true },
  ];
  const closes = exampleOfCloses(parts, options.intervalMs);
  if (closes === undefined) return undefined;
  const [first, last] = closes.map((time) => timeText(time).slice(11, 16));
  return `times look like bar close times (a session from ${first}Z to ${last}Z): if they are, import with --times close`;
}

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
function swappedDates(walls: readonly number[], example: string, fileName: string): SwappedDates | undefined {
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
