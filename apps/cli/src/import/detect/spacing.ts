/** Guesses how far apart few rows are, and tells whether the times of a sample look like bar close times. Pure. */
import { DAY_MS, distancesOf, greatestCommonDivisor, MINUTE_MS, sortedTimes } from '@barkeep/bars';

const HOUR_MS = 60 * MINUTE_MS;
const HALF_HOUR_MS = 30 * MINUTE_MS;
/** Markets open and close on a quarter of an hour. */
const QUARTER_HOUR_MS = 15 * MINUTE_MS;
/** The longest time from a close to the open of the next day. Rows that are all further apart are daily bars. */
const NIGHT_MAX_MS = 18 * HOUR_MS;
/** The intervals, in minutes, in which vendors sell bars longer than a minute. */
const USUAL_MINUTES = new Set([5, 10, 15, 30, 60, 120, 240]);
/** At least this share of the segments must look like closes: a few segments of a quiet symbol do so by coincidence. */
const CLOSES_SHARE_MIN = 0.25;
/** A segment with fewer rows is ignored. */
const SEGMENT_ROWS_MIN = 20;

/**
 * The likely spacing of a few rows, ms: a day, or another one in which vendors sell bars; undefined when neither fits. It is a guess, and
 * only good enough for a question to the user. @param times epoch ms, in any order
 */
export function possibleSpacing(times: readonly number[]): number | undefined {
  const distances = distancesOf(sortedTimes(times));
  if (distances.length > 0 && distances.every((distance) => distance > NIGHT_MAX_MS)) return DAY_MS;
  const divisor = distances.reduce(greatestCommonDivisor, 0);
  return USUAL_MINUTES.has(divisor / MINUTE_MS) ? divisor : undefined;
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
