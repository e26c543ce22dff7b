/** What the times of a sample say: how far apart the rows are, and whether the times look like closes. Pure. */

const MINUTE_MS = 60_000;
const HALF_HOUR_MS = 1_800_000;
/** With fewer distances a wider spacing may be chance: quiet symbols have minutes without trades. */
const REGULAR_DISTANCES_MIN = 3;
const IRREGULAR_DISTANCES_MIN = 20;
/** A shorter run of minutes is not a trading session. */
const SESSION_ROWS_MIN = 20;

/** The spacing of rows, ms; undefined when there are too few rows to know. */
export function spacingOf(times: readonly number[]): number | undefined {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const distances = sorted.slice(1).map((time, index) => time - sorted[index]!);
  if (distances.length < REGULAR_DISTANCES_MIN) return undefined;
  const divisor = distances.reduce(greatestDivisor);
  const common = mostCommon(distances);
  if (common < MINUTE_MS) return common;
  if (divisor <= MINUTE_MS || common === divisor) return common === divisor ? common : Math.min(common, MINUTE_MS);
  return distances.length >= IRREGULAR_DISTANCES_MIN ? divisor : undefined;
}

function greatestDivisor(a: number, b: number): number {
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
 * Two times that look like the closes of a session's first and last bars, such as 09:31 and 16:00; undefined when none do,
 * or when others look like opens.
 * @param parts times of consecutive rows; a session that a part may cut off is left out
 */
export function closesOf(
  parts: readonly { times: readonly number[]; isFirst: boolean; isLast: boolean }[],
): [number, number] | undefined {
  const sessions = parts.flatMap(({ times, isFirst, isLast }) => {
    const runs = sessionsOf([...new Set(times)].sort((a, b) => a - b));
    return runs.slice(isFirst ? 0 : 1, isLast ? undefined : -1).filter((run) => run.length >= SESSION_ROWS_MIN);
  });
  const edges = sessions.map((run): [number, number] => [run[0]!, run.at(-1)!]);
  const after = (time: number): number => ((time % HALF_HOUR_MS) + HALF_HOUR_MS) % HALF_HOUR_MS;
  const closes = edges.find(([first, last]) => after(first) === MINUTE_MS && after(last) === 0);
  const opens = edges.some(([first, last]) => after(first) === 0 && after(last) === HALF_HOUR_MS - MINUTE_MS);
  return opens ? undefined : closes;
}

function sessionsOf(sorted: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const time of sorted) {
    const run = runs.at(-1);
    if (run === undefined || time - run.at(-1)! > HALF_HOUR_MS) runs.push([time]);
    else run.push(time);
  }
  return runs;
}
