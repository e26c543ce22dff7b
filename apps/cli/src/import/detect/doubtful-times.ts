/** Looks for signs that the times of a sample were misread. Each check returns a warning or undefined. */
import { DAY_MS, dateOf, distancesOf } from '@barkeep/bars';
import { FilePlanError, timeText } from '../reading/index.js';
import { bareName } from './header-names.js';
import type { SampleBars } from './sample-bars.js';
import { exampleOfCloses } from './spacing.js';
import { areHoursInUtc, headerZone, hoursElsewhere, hoursText, isEpoch, lacksZone } from './zones.js';

const HOUR_MS = 3_600_000;
/** For a zone with the same offset all year, the zone with daylight saving that the user probably means. */
const DAYLIGHT_ZONES: Record<string, string> = { EST: 'America/New_York', MST: 'America/Denver' };
/** The bare name of a column of local times, such as `localtime`, `nytime`, `datetimeest` or `est`. */
const LOCAL_NAME =
  /local|exchange|server|broker|^(ny|newyork|chicago|london|tokyo)(date|time|datetime|timestamp)$|^(date|time|datetime|timestamp)?([ecmp][sd]t|[cew]es?t|bst|ist|jst|kst|hkt|sgt|msk|ae[sd]t|eest?|eet)$/;
/** The bare name of a column with an offset other than 0, such as `Time (UTC+8)`. */
const OFFSET_NAME = /(utc|gmt)0*[1-9]/;

/** The bare name of a column of zones or of offsets from UTC. */
const ZONE_COLUMN = /^(timezone|tz|tzname|zone|exchangetimezone|(utc|gmt|tz)offset)$/;
/** A zone that is UTC, or no offset from it, such as `Etc/UTC`, `UTC+00:00` or `0.0`. */
const UTC_ZONE = /^(z|zulu|(etc\/)?(utc|gmt)?([+-]?0+([:.]?0+)?)?)$/i;
/** The bare name of a column of the times at which bars end, such as `close_time`, `bar_end` or `timeClose`. */
const CLOSE_NAME =
  /^(bar|candle|period|interval|window|time|timeperiod)?(close|end)(d?at|time|date|timestamp|ts)?(ms|utc)?$/;

/** Warns when times without an offset seem to be in another zone than the one in which they were read. */
export function doubtfulZone(sample: SampleBars): string | undefined {
  const { file, options, example, isUtcAssumed } = sample;
  if (!lacksZone(example)) return undefined;
  const name = file.names[file.layout.time] ?? '';
  const namesWarning =
    options.zone === undefined
      ? (localNameWarning(name) ?? zoneColumnWarning(sample))
      : zoneWarning(name, options.zone);
  if (namesWarning !== undefined) return namesWarning;
  // Of the known formats, only those of MetaTrader have no zone.
  if (isUtcAssumed && file.format !== undefined)
    return `times of ${file.format.name} are those of the broker's server and were read as UTC: give its zone with --tz`;
  const hoursWarning = marketHoursWarning(sample);
  if (hoursWarning !== undefined) return hoursWarning;
  return isUtcAssumed ? newestFirst(sample) : undefined;
}

/** Warns when the times of day are the hours of a market in another zone than the one in which they were read. */
function marketHoursWarning({ walls, reader, isUtcAssumed }: SampleBars): string | undefined {
  const utcIfFits = () => (areHoursInUtc(walls, reader.zone) ? 'UTC' : undefined);
  const likelyZone = isUtcAssumed ? hoursElsewhere(walls) : utcIfFits();
  if (likelyZone === undefined) return undefined;
  const reading = `times without a zone, from ${hoursText(walls)}, were read in ${reader.zone}`;
  const hint = isUtcAssumed ? '; if not, with --tz UTC' : '';
  return `${reading} and look like a market day in ${likelyZone}: if they are, import with --tz ${likelyZone}${hint}`;
}

/** Warns when UTC was assumed and the newest row is first: some vendors write such files in the time of the exchange. */
function newestFirst({ head: [first], last }: SampleBars): string | undefined {
  if (first === undefined || last === undefined || first.openTime <= last.openTime) return undefined;
  return (
    'times without a zone were read as UTC, and the newest is first, as in files of Alpha Vantage and Twelve Data, which have the time ' +
    'of the exchange: if so, import with --tz and its zone; if not, with --tz UTC'
  );
}

/** Warns when another column has the zones of the times, or their offsets from UTC. */
function zoneColumnWarning({ file: { names, data }, reader }: SampleBars): string | undefined {
  const field = names.findIndex((name) => ZONE_COLUMN.test(bareName(name)));
  const zone = data[0]?.texts[field] ?? '';
  if (zone === '' || zone === reader.zone || UTC_ZONE.test(zone)) return undefined;
  return `the column "${names[field]}" says ${zone}, and the times were read in ${reader.zone}: give their zone with --tz`;
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

/** Warns when times that were read as opens look like closes. */
export function closesAsOpens({ file, head, start, options, times }: SampleBars): string | undefined {
  if (options.times !== undefined || file.format?.times === 'close') return undefined;
  const name = file.names[file.layout.time] ?? '';
  if (CLOSE_NAME.test(bareName(name)))
    return `the column "${name}" seems to have the closes of bars, and they were read as opens: import with --times close or --times open`;
  // The head and the tail of the file; the tail is empty when the head is the whole file.
  const parts = [
    { times: times.slice(0, head.length), isFirst: true, isLast: start.isWhole },
    { times: times.slice(head.length), isFirst: false, isLast: true },
  ];
  const closes = exampleOfCloses(parts, options.intervalMs);
  if (closes === undefined) return undefined;
  const [first, last] = closes.map((time) => timeText(time).slice(11, 16)); // `HH:mm` of `YYYY-MM-DDTHH:mm…`
  return `times look like bar close times (a day from ${first}Z to ${last}Z): if they are, import with --times close`;
}

/** Most days from one trading day to the next, over a weekend and a holiday. */
const NEAR_DAYS = 5;
/** Fewest days of a step that is about a month. When day and month are swapped, consecutive days are a month apart. */
const FAR_DAYS = 25;
/** The share of the steps that must be at most {@link NEAR_DAYS}, or at least {@link FAR_DAYS}. */
const STEPS_SHARE_MIN = 0.8;
const [SUNDAY, SATURDAY] = [0, 6]; // results of getUTCDay

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
