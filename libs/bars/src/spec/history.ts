/**
 * The `history` part of a session spec: the trading days before the first one, and how many days are retained behind the
 * clock. A flat object with two forms, distinguished by `bars`, so that each problem can name its field. Pure.
 */
import { z } from 'zod';
import { INTERVAL_WORDS, isInterval, parseInterval } from '../interval.js';
import type { Report } from '../field-problems.js';
import type { SessionRequest } from './schema.js';

/** Most trading days of history. */
export const HISTORY_DAYS_MAX = 1_000;
const HISTORY_BARS_MAX = 100_000;
const RETAIN_DAYS_MAX = 10_000;

/** A whole number in `[min, max]`. */
export const whole = (min: number, max: number) =>
  z.int('a whole number').min(min, `at least ${min}`).max(max, `at most ${max}`);

export const historySchema = z.strictObject({
  trailingDays: whole(0, HISTORY_DAYS_MAX).optional().describe('trading days before the first one; 0 by default'),
  bars: whole(1, HISTORY_BARS_MAX).optional().describe('or: as many days as give each symbol so many bars'),
  interval: z.string().refine(isInterval, INTERVAL_WORDS).optional().describe('of the bars'),
  retainDays: whole(0, RETAIN_DAYS_MAX)
    .default(0)
    .describe('finished trading days that are retained, besides the one that streams; 0 retains all'),
});

/** A checked history, not yet in one of its two canonical forms. */
type HistorySpec = z.output<typeof historySchema>;

/** Reports the problems of a history's fields with each other, or with the rest of the spec. */
export function historyProblems(spec: SessionRequest, report: Report): void {
  const { trailingDays, bars, interval, retainDays } = spec.history;
  if (bars === undefined) {
    if (interval !== undefined) report('history.interval', 'no such field without history.bars', interval);
    const least = trailingDays ?? 0;
    if (retainDays !== 0 && retainDays < least) {
      report('history.retainDays', `0, or at least ${least} trailingDays`, retainDays);
    }
    return;
  }
  if (trailingDays !== undefined) report('history.trailingDays', 'no such field beside history.bars', trailingDays);
  const stored = storedIntervals(spec);
  const named = interval === undefined ? undefined : parseInterval(interval).name;
  if (named === undefined || !stored.includes(named)) {
    report('history.interval', `one that this session stores: ${stored.join(', ')}`, interval);
  }
}

/** The canonical form of a history: canonical interval name, `trailingDays` filled in where it applies. */
export function canonicalHistory({ trailingDays = 0, bars, interval, retainDays }: HistorySpec): HistorySpec {
  if (bars === undefined || interval === undefined) return { trailingDays, retainDays };
  return { bars, interval: parseInterval(interval).name, retainDays };
}

/** The intervals that a session stores: the base, and the derived ones when upkeep computes them. */
function storedIntervals({ baseInterval, derivedIntervals, upkeep }: SessionRequest): string[] {
  const derived = upkeep.enabled && upkeep.autoComputeDerived ? derivedIntervals : [];
  return [baseInterval, ...derived].map((name) => parseInterval(name).name);
}
