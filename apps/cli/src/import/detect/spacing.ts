/** Finds the spacing of a sample of rows, and whether their times look like bar close times. Pure. */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const HALF_HOUR_MS = 1_800_000;
/** Markets open and close on it. */
const QUARTER_MS = 900_000;
/** Fewest distances between times from which a spacing is concluded. */
const REGULAR_DISTANCES_MIN = 3;
/** The same when the distances differ: a quiet symbol has minutes without trades, so a wide spacing may be chance. */
const IRREGULAR_DISTANCES_MIN = 20;
/** From the close of a trading session to the next open, at most. */
const NIGHT_MS = 18 * HOUR_MS;
/** Intervals of bars that vendors sell, wider than a minute. */
const USUAL_MINUTES = new Set([5, 10, 15, 30, 60, 120, 240]);
/** The share of sessions that must look like closes: sessions of a quiet symbol look so by chance. */
const CLOSES_SHARE_MIN = 0.25;
/** Fewest rows of a trading session. */
const SESSION_ROWS_MIN = 20;

/** The spacing of rows, ms; undefined when there are too few rows to know. */
export function spacingOf(times: readonly number[]): number | undefined {
  const sorted = sortedTimes(times);
  const distances = distancesOf(sorted);
  if (distances.length < REGULAR_DISTANCES_MIN) return undefined;
  if (areDaily(sorted)) return mostCommon(distances.map((ms) => Math.round(ms / DAY_MS) * DAY_MS));
  const divisor = distances.reduce(greatestDivisor);
  const common = mostCommon(distances);
  if (common < MINUTE_MS) return common;
  if (divisor <= MINUTE_MS || common === divisor) return common === divisor ? common : Math.min(common, MINUTE_MS);
  return distances.length >= IRREGULAR_DISTANCES_MIN ? divisor : undefined;
}

/** The spacing that rows have which are too few to know it, ms; undefined when it may be chance. */
export function possibleSpacing(times: readonly number[]): number | undefined {
  const distances = distancesOf(sortedTimes(times));
  if (distances.length > 0 && distances.every((distance) => distance > NIGHT_MS)) return DAY_MS;
  const divisor = distances.reduce(greatestDivisor, 0);
  return USUAL_MINUTES.has(divisor / MINUTE_MS) ? divisor : undefined;
}

function sortedTimes(times: readonly number[]): number[] {
  return [...new Set(times)].sort((a, b) => a - b);
}

function distancesOf(sorted: readonly number[]): number[] {
  return sorted.slice(1).map((time, index) => time - sorted[index]!);
}

/** True for rows of different days with one time of day, which a change of daylight saving may move by an hour. */
function areDaily(sorted: readonly number[]): boolean {
  const moves = new Set(sorted.map((time) => (time - sorted[0]!) % DAY_MS));
  moves.delete(0);
  const [move = HOUR_MS] = moves;
  const isOneTime = moves.size <= 1 && (move === HOUR_MS || move === DAY_MS - HOUR_MS);
  return sorted.length > 1 && isOneTime && distancesOf(sorted).every((distance) => distance >= DAY_MS - HOUR_MS);
}

export function greatestDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** `300000` as `5-minute`. */
export function spacingText(ms: number): string {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ] as const;
  const [unit, name] = units.find(([size]) => ms % size === 0) ?? [1, 'millisecond'];
  return `${ms / unit}-${name}`;
}

/**
 * The first and the last time of a trading session whose times look like closes, such as 09:31 and 16:00. Undefined when no
 * session looks so, or when another one looks like opens (09:30 and 15:59).
 * @param parts parts of a file, each with the times of consecutive rows, epoch ms. A session at the edge of a part is ignored, unless the
 *   file begins or ends there, because the part may contain only some of its rows
 * @param intervalMs of the rows; for a quarter of an hour or more, opens and closes look alike
 */
export function closesOf(
  parts: readonly { times: readonly number[]; isFirst: boolean; isLast: boolean }[],
  intervalMs = MINUTE_MS,
): [number, number] | undefined {
  if (intervalMs >= QUARTER_MS) return undefined;
  const sessions = parts.flatMap(({ times, isFirst, isLast }) => {
    const found = sessionsOf(sortedTimes(times));
    return found
      .slice(isFirst ? 0 : 1, isLast ? undefined : -1)
      .filter((session) => session.length >= SESSION_ROWS_MIN);
  });
  const edges = sessions.map((session): [number, number] => [session[0]!, session.at(-1)!]);
  const sinceQuarter = (time: number): number => ((time % QUARTER_MS) + QUARTER_MS) % QUARTER_MS;
  const closes = edges.filter(([first, last]) => sinceQuarter(first) === intervalMs && sinceQuarter(last) === 0);
  const opens = edges.some(
    ([first, last]) => sinceQuarter(first) === 0 && sinceQuarter(last) === QUARTER_MS - intervalMs,
  );
  return opens || closes.length < CLOSES_SHARE_MIN * edges.length ? undefined : closes[0];
}

/** Splits times where they are more than half an hour apart. */
function sessionsOf(sorted: readonly number[]): number[][] {
  const sessions: number[][] = [];
  for (const time of sorted) {
    const session = sessions.at(-1);
    if (session === undefined || time - session.at(-1)! > HALF_HOUR_MS) sessions.push([time]);
    else session.push(time);
  }
  return sessions;
}
