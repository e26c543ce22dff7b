/** Finds how far apart the rows of a sample are, and whether their times look like bar close times. Pure. */
import { DAY_MS, MINUTE_MS } from '@barkeep/bars';

const HOUR_MS = 60 * MINUTE_MS;
const HALF_HOUR_MS = 30 * MINUTE_MS;
/** Markets open and close on a quarter of an hour. */
const QUARTER_HOUR_MS = 15 * MINUTE_MS;
/** A spacing is concluded from at least this many distances between consecutive times. */
const REGULAR_DISTANCES_MIN = 3;
/** The same, when the distances differ: a quiet symbol has minutes without trades, so a wide spacing may be a coincidence. */
const IRREGULAR_DISTANCES_MIN = 20;
/** From this share of the distances on, the shortest distance is the spacing. The others are nights, of any length. */
const SHORTEST_SHARE_MIN = 0.75;
/** The longest time from a close to the open of the next day. Rows that are all further apart are daily bars. */
const NIGHT_MAX_MS = 18 * HOUR_MS;
/** Length of the day on which daylight saving time begins. */
const SHORTEST_DAY_MS = DAY_MS - HOUR_MS;
/** {@link shortSpacingOf} finds spacings below this length: two or three rows cannot prove a longer one. */
const SHORT_SPACING_END_MS = 5 * MINUTE_MS;
/** The intervals, in minutes, in which vendors sell bars longer than a minute. */
const USUAL_MINUTES = new Set([5, 10, 15, 30, 60, 120, 240]);
/** At least this share of the segments must look like closes: a few segments of a quiet symbol do so by coincidence. */
const CLOSES_SHARE_MIN = 0.25;
/** A segment with fewer rows is ignored. */
const SEGMENT_ROWS_MIN = 20;

/**
 * The spacing of rows, ms; undefined when there are too few rows to know. Of regular rows it is the most common distance; of rows
 * with holes, the shortest distance or the common divisor of the distances.
 * @param times epoch ms, in any order
 */
export function spacingOf(times: readonly number[]): number | undefined {
  const sorted = sortedTimes(times);
  const distances = distancesOf(sorted);
  if (distances.length < REGULAR_DISTANCES_MIN) return undefined;
  if (areDaily(sorted)) return mostCommon(distances.map((ms) => Math.round(ms / DAY_MS) * DAY_MS));
  const divisor = distances.reduce(greatestCommonDivisor);
  const usual = mostCommon(distances);
  const isBelowMinute = usual < MINUTE_MS; // it is refused in any case, so its exact length does not matter
  const isRegular = usual === divisor;
  if (isBelowMinute || isRegular) return usual;

  const areEnough = distances.length >= IRREGULAR_DISTANCES_MIN;
  const shortest = distances.reduce((least, distance) => Math.min(least, distance));
  const shortestShare = distances.filter((distance) => distance === shortest).length / distances.length;
  if (areEnough && shortestShare >= SHORTEST_SHARE_MIN) return shortest;
  if (divisor <= MINUTE_MS) return MINUTE_MS; // minute bars of a quiet symbol: some minutes have no row
  return areEnough ? divisor : undefined;
}

/** The spacing of rows that are too few for {@link spacingOf}, ms: only a short one is certain. @param times epoch ms, in order */
export function shortSpacingOf(times: readonly number[]): number | undefined {
  const distances = distancesOf(times);
  if (distances.length >= REGULAR_DISTANCES_MIN) return undefined;
  const divisor = distances.reduce(greatestCommonDivisor, 0);
  return divisor > 0 && divisor < SHORT_SPACING_END_MS ? divisor : undefined;
}

/** As {@link shortSpacingOf}, but a guess, for a question to the user: also a longer spacing, if vendors sell bars of that length. */
export function possibleSpacing(times: readonly number[]): number | undefined {
  const distances = distancesOf(sortedTimes(times));
  if (distances.length > 0 && distances.every((distance) => distance > NIGHT_MAX_MS)) return DAY_MS;
  const divisor = distances.reduce(greatestCommonDivisor, 0);
  return USUAL_MINUTES.has(divisor / MINUTE_MS) ? divisor : undefined;
}

function sortedTimes(times: readonly number[]): number[] {
  return [...new Set(times)].sort((a, b) => a - b);
}

/** The differences between neighbours. */
export function distancesOf(values: readonly number[]): number[] {
  return values.slice(1).map((value, index) => value - values[index]!);
}

/** True when each row is on another day at the same time of day, or an hour off after a change to or from daylight saving time. */
function areDaily(sorted: readonly number[]): boolean {
  const areOnOtherDays = distancesOf(sorted).every((distance) => distance >= SHORTEST_DAY_MS);
  if (sorted.length < 2 || !areOnOtherDays) return false;
  // How much later in the day each row is than the first one. An hour earlier counts as 23 hours later.
  const shifts = new Set(sorted.map((time) => (time - sorted[0]!) % DAY_MS));
  shifts.delete(0);
  const [shift] = shifts;
  const isOneHourOff = shifts.size === 1 && (shift === HOUR_MS || shift === DAY_MS - HOUR_MS);
  return shifts.size === 0 || isOneHourOff;
}

export function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

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

/** Consecutive rows of a file, with times in epoch ms. */
interface FilePart {
  times: readonly number[];
  /** Whether the part begins where the file begins, and whether it ends where the file ends. */
  isFirst: boolean;
  isLast: boolean;
}

/**
 * The first and the last time of a segment whose times look like closes, such as 09:31 and 16:00. Undefined when too few segments
 * look like that ({@link CLOSES_SHARE_MIN}), or when any looks like opens (09:30 and 15:59). A segment here is a list of times
 * without a pause of more than half an hour.
 * @param intervalMs interval of the rows
 */
export function exampleOfCloses(parts: readonly FilePart[], intervalMs = MINUTE_MS): [number, number] | undefined {
  if (intervalMs >= QUARTER_HOUR_MS) return undefined; // opens and closes would look alike
  const edges = parts.flatMap(edgesOf);
  const closes = edges.filter(([first, last]) => sinceQuarter(first) === intervalMs && sinceQuarter(last) === 0);
  const lastOpen = QUARTER_HOUR_MS - intervalMs;
  const hasOpens = edges.some(([first, last]) => sinceQuarter(first) === 0 && sinceQuarter(last) === lastOpen);
  const areTooFew = closes.length < CLOSES_SHARE_MIN * edges.length;
  return hasOpens || areTooFew ? undefined : closes[0];
}

/** The first and the last time of each segment, without short ones and without those that the ends of the part may cut. */
function edgesOf({ times, isFirst, isLast }: FilePart): [first: number, last: number][] {
  return segmentsOf(sortedTimes(times))
    .slice(isFirst ? 0 : 1, isLast ? undefined : -1)
    .filter((segment) => segment.length >= SEGMENT_ROWS_MIN)
    .map((segment) => [segment[0]!, segment.at(-1)!]);
}

/** Time since the last quarter of an hour, ms; never negative, although times before 1970 are. */
function sinceQuarter(time: number): number {
  return ((time % QUARTER_HOUR_MS) + QUARTER_HOUR_MS) % QUARTER_HOUR_MS;
}

/** Splits times where they are more than half an hour apart. */
function segmentsOf(sorted: readonly number[]): number[][] {
  const segments: number[][] = [];
  for (const time of sorted) {
    const segment = segments.at(-1);
    if (segment === undefined || time - segment.at(-1)! > HALF_HOUR_MS) segments.push([time]);
    else segment.push(time);
  }
  return segments;
}
