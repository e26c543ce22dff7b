/** Finds how far apart bars of a symbol are: those of a file, and those that a dataset has. Pure. */
import { DAY_MS, MINUTE_MS } from './calendar/index.js';

const HOUR_MS = 60 * MINUTE_MS;
/** A spacing is concluded from at least this many distances between consecutive times. */
const REGULAR_DISTANCES_MIN = 3;
/** The same, when the distances differ: a quiet symbol has minutes without trades, so a wide spacing may be a coincidence. */
const IRREGULAR_DISTANCES_MIN = 20;
/**
 * When at least this share of the distances has the shortest length, that length is the spacing. The other distances are nights and breaks
 * at noon. Between the four hourly bars of a day in Shanghai they are half of all, and a sample may have one more of them than of the
 * shortest. So the share is below a half.
 */
const SHORTEST_SHARE_MIN = 0.45;
/** {@link areMostlyApart} wants at least this share of the distances to equal the interval. */
const USUAL_SHARE_MIN = 0.5;
/** Length of the day on which daylight saving time begins. */
const SHORTEST_DAY_MS = DAY_MS - HOUR_MS;
/** {@link shortSpacingOf} finds spacings below this length: two or three rows cannot prove a longer one. */
const SHORT_SPACING_END_MS = 5 * MINUTE_MS;

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
  if (usual === divisor) return usual; // regular rows, perhaps with holes: each distance is a multiple of the usual one
  if (usual < MINUTE_MS) return usual; // an import refuses such rows, so the exact length does not matter
  const areEnough = distances.length >= IRREGULAR_DISTANCES_MIN;
  const shortest = distances.reduce((least, distance) => Math.min(least, distance));
  if (areEnough && shareOf(shortest, distances) >= SHORTEST_SHARE_MIN) return shortest;
  if (divisor <= MINUTE_MS) return MINUTE_MS; // minute bars of a quiet symbol: some minutes have no row
  return areEnough ? divisor : undefined;
}

/**
 * True when most rows are an interval apart, so that they can be bars of that interval. A few rows may be closer to the row before: a bar
 * at the end of a segment may be shorter. @param times epoch ms, in any order
 */
export function areMostlyApart(times: readonly number[], intervalMs: number): boolean {
  const distances = distancesOf(sortedTimes(times));
  return mostCommon(distances) === intervalMs && shareOf(intervalMs, distances) >= USUAL_SHARE_MIN;
}

/** The spacing of rows that are too few for {@link spacingOf}, ms: only a short one is certain. @param times epoch ms, in order */
export function shortSpacingOf(times: readonly number[]): number | undefined {
  const distances = distancesOf(times);
  if (distances.length >= REGULAR_DISTANCES_MIN) return undefined;
  const divisor = distances.reduce(greatestCommonDivisor, 0);
  return divisor > 0 && divisor < SHORT_SPACING_END_MS ? divisor : undefined;
}

/** In order, each once. */
export function sortedTimes(times: readonly number[]): number[] {
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

function shareOf(distance: number, distances: readonly number[]): number {
  return distances.filter((other) => other === distance).length / distances.length;
}

function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
