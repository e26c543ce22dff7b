/** Judges how far apart the rows of a sample are: they must be bars of --interval. Pure. */
import { areMostlyApart, DAY_MS, distancesOf, greatestCommonDivisor, MINUTE_MS, sortedTimes } from '@barkeep/bars';
import { FilePlanError } from '../reading/index.js';
import { clockOf } from '../times/index.js';
import { statedInterval } from './doubtful-columns.js';
import type { SampleBars } from './sample-bars.js';

const HOUR_MS = 60 * MINUTE_MS;
/** The longest time from a close to the open of the next day. Rows that are all further apart are daily bars. */
const NIGHT_MAX_MS = 18 * HOUR_MS;
/** The intervals, in minutes, in which vendors sell bars longer than a minute. */
const USUAL_MINUTES = new Set([5, 10, 15, 30, 60, 120, 240]);

/** A spacing as text, such as `5-minute` for 300000. */
export function spacingText(ms: number): string {
  const units = [
    [DAY_MS, 'day'],
    [HOUR_MS, 'hour'],
    [MINUTE_MS, 'minute'],
    [1000, 'second'],
  ] as const;
  const [unit, name] = units.find(([size]) => ms % size === 0) ?? [1, 'millisecond'];
  return `${ms / unit}-${name}`;
}

/**
 * Refuses a file whose rows are not bars of --interval. Bars of the interval are not an interval apart in two kinds of files: those whose last
 * bar before each close is shorter, and those with a break after each bar. Both are read with a calendar, which knows when bars open.
 * @throws FilePlanError
 */
export function refuseOtherSpacing(sample: SampleBars): void {
  const { times, options } = sample;
  const { intervalMs, hasCalendar } = options;
  const spacing = sample.spacing ?? intervalMs; // a file with too few rows to know it is taken for what the user says
  const distances = distancesOf(sortedTimes(times));
  if (hasShorterLastBars(sample, distances)) {
    const hint = 'if the bars before a close are shorter, give --calendar, which knows when they open';
    if (!hasCalendar) throw unevenSteps(Math.min(...distances), intervalMs, hint);
    refuseClosesAsOpens(sample, distances);
  } else if (haveBreaksBetween(spacing, distances, intervalMs)) {
    const hint = 'if the market has a break after each bar, give --calendar, which knows its hours';
    if (!hasCalendar) throw unevenSteps(spacing, intervalMs, hint);
  } else if (spacing !== intervalMs) throw wrongInterval(spacing, intervalMs);
  if (distances.length > 0 && areMidnights(sample)) throw wrongInterval(DAY_MS, intervalMs);
}

/**
 * True when some rows are closer than the interval, but only as the last bars before closes are: a market whose hours are no multiple of the
 * interval has a shorter bar there. An example are the closes 14:30, 15:30, 16:00 of bars of an hour, and then the next day.
 */
function hasShorterLastBars({ times, spacing, reader, options }: SampleBars, distances: readonly number[]): boolean {
  const { intervalMs } = options;
  const isShort = (distance: number | undefined): boolean => distance !== undefined && distance < intervalMs;
  if (intervalMs === MINUTE_MS || !distances.some(isShort)) return false;
  // After a last bar comes a night or a break. So two short distances in sequence are those of bars of a shorter interval.
  const areInSequence = distances.some((distance, index) => isShort(distance) && isShort(distances[index + 1]));
  const isShorterInterval = areInSequence && isShort(spacing);
  // Each close has such a distance before it: on days of few bars, these may be as many as the whole intervals.
  const areCloses = reader.shiftMs > 0;
  return !isShorterInterval && (areCloses || areMostlyApart(times, intervalMs));
}

/**
 * Refuses times that were read as opens, because the user gave no --times, and look like closes. After the short distance between two closes
 * (15:30 and 16:00) comes a night or a break, which is longer than the interval. After that between two opens (11:30, and 12:15 after a short
 * break) comes an interval.
 * @throws FilePlanError
 */
function refuseClosesAsOpens({ reader, options }: SampleBars, distances: readonly number[]): void {
  const { intervalMs } = options;
  if (reader.shiftMs > 0 || options.times !== undefined) return;
  const afterShort = distances.slice(1).filter((_, index) => distances[index]! < intervalMs);
  const pauses = afterShort.filter((distance) => distance > intervalMs);
  if (pauses.length * 2 <= afterShort.length) return;
  const hint = 'they look like closes, the last of a day after a shorter bar: give --times close, or --times open';
  throw unevenSteps(Math.min(...distances), intervalMs, hint);
}

/**
 * True when the market has a break after each bar. Shanghai trades from 09:30 to 11:30 and from 13:00 to 15:00. Its bars of two hours open at
 * 09:30 and 13:00, three and a half hours apart; so do its bars of four hours, as no bar crosses a break. Real bars of three and a half hours
 * would follow each other: somewhere three rows in sequence would be so far apart.
 */
function haveBreaksBetween(spacing: number, distances: readonly number[], intervalMs: number): boolean {
  const followEachOther = distances.some((ms, index) => ms === spacing && distances[index + 1] === spacing);
  // A break makes a spacing longer. The bar before it may be as short as half of the interval, as a bar of four hours in Shanghai is.
  const mayHaveBreak = spacing > intervalMs / 2 && spacing % intervalMs !== 0 && spacing % MINUTE_MS === 0;
  return mayHaveBreak && !followEachOther;
}

function unevenSteps(closest: number, intervalMs: number, hint: string): FilePlanError {
  const detail = `expected ${spacingText(intervalMs)} bars, was times that are ${spacingText(closest)} steps apart`;
  return new FilePlanError('wrong-interval', `${detail}: ${hint}`);
}

function wrongInterval(spacing: number, intervalMs: number): FilePlanError {
  const detail = `expected ${spacingText(intervalMs)} bars, was ${spacingText(spacing)} bars`;
  const hint = `; --interval ${shortInterval(spacing)} stores them, for sessions with that base interval`;
  const canBeStored = spacing >= MINUTE_MS && spacing < DAY_MS;
  return new FilePlanError('wrong-interval', canBeStored ? detail + hint : detail);
}

/** Warns when there are too few rows to know their interval, and it seems to be another one. */
export function fewRows(sample: SampleBars): string | undefined {
  const { times, spacing, options } = sample;
  if (spacing !== undefined) return undefined;
  const stated = statedInterval(sample);
  const likelyMs = stated?.ms ?? possibleSpacing(times);
  const isExpected = likelyMs === undefined || likelyMs === options.intervalMs;
  if (isExpected) return undefined;
  const isSeenLater = stated === undefined && likelyMs < options.intervalMs; // SpacingWatch warns of rows that are too close
  if (isSeenLater) return undefined;
  const [interval, base] = [spacingText(likelyMs), spacingText(options.intervalMs)];
  const why = stated === undefined ? `the few rows are ${interval} steps apart` : `${stated.by} says ${interval}`;
  const hint = likelyMs < DAY_MS ? `import with --interval ${shortInterval(likelyMs)}` : 'leave them out';
  return `${why}, and the rows were read as ${base} bars: if they are ${interval} bars, ${hint}`;
}

/**
 * The likely spacing of a few rows, ms: a day, or another one in which vendors sell bars; undefined when neither fits. It is a guess, and
 * only good enough for a question to the user.
 */
function possibleSpacing(times: readonly number[]): number | undefined {
  const distances = distancesOf(sortedTimes(times));
  if (distances.length > 0 && distances.every((distance) => distance > NIGHT_MAX_MS)) return DAY_MS;
  const divisor = distances.reduce(greatestCommonDivisor, 0);
  return USUAL_MINUTES.has(divisor / MINUTE_MS) ? divisor : undefined;
}

/** The value of --interval for a spacing, such as `5m`. */
function shortInterval(ms: number): string {
  const minutes = ms / MINUTE_MS;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

/** Warns when all rows have one midnight as their time. A file with several midnights was refused before. */
export function oneMidnight(sample: SampleBars): string | undefined {
  if (sample.times.length < 2 || !areMidnights(sample)) return undefined;
  return 'all rows have the same midnight as their time: if they are daily bars, leave them out';
}

/** True when all times are midnights in one zone: that of the file, UTC or New York. Such rows are daily bars. */
function areMidnights({ times, reader }: SampleBars): boolean {
  return [reader.zone, 'UTC', 'America/New_York'].some((zone) => {
    const clock = clockOf(zone);
    return times.every((time) => (time + clock.offsetOnDay(time)) % DAY_MS === 0);
  });
}
