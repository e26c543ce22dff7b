/**
 * The `history` part of a session spec: what a session has from before its first day, and how much it keeps behind its
 * clock. One flat object in two forms, told apart by `bars`, so that each problem names its own field. Pure.
 */
import { z } from 'zod';
import { INTERVAL_WORDS, isInterval, parseInterval } from './interval.js';

/** Most trading days before its first one that a session can have. */
export const HISTORY_DAYS_MAX = 1_000;
const HISTORY_BARS_MAX = 100_000;
const RETAIN_DAYS_MAX = 10_000;

const whole = (min: number, max: number) =>
  z.int('a whole number').min(min, `at least ${min}`).max(max, `at most ${max}`);

export const historySchema = z.strictObject({
  trailingDays: whole(0, HISTORY_DAYS_MAX).optional().describe('trading days before the first one; 0 by default'),
  bars: whole(1, HISTORY_BARS_MAX).optional().describe('or: so many days that each symbol has so many bars'),
  interval: z.string().refine(isInterval, INTERVAL_WORDS).optional().describe('of the bars'),
  retainDays: whole(0, RETAIN_DAYS_MAX)
    .default(0)
    .describe('finished trading days that stay in the store, beside the one that streams; 0 keeps all'),
});

/** Checked, but not yet brought into one of its two forms. */
export type HistorySpec = z.output<typeof historySchema>;

/** What {@link historyProblems} looks at besides the history itself. */
interface HistoryContext {
  history: HistorySpec;
  baseInterval: string;
  derivedIntervals: readonly string[];
  upkeep: { enabled: boolean; autoComputeDerived: boolean };
}

/** What is wrong with the fields of a history taken together, or beside the rest of its spec. */
export function historyProblems(spec: HistoryContext): { field: string; expected: string; was: unknown }[] {
  const { trailingDays, bars, interval, retainDays } = spec.history;
  const problems: { field: string; expected: string; was: unknown }[] = [];
  const wrong = (field: string, expected: string, was: unknown) =>
    problems.push({ field: `history.${field}`, expected, was });
  if (bars === undefined) {
    if (interval !== undefined) wrong('interval', 'no such field without history.bars', interval);
    const least = trailingDays ?? 0;
    if (retainDays !== 0 && retainDays < least) wrong('retainDays', `0, or at least ${least} trailingDays`, retainDays);
    return problems;
  }
  if (trailingDays !== undefined) wrong('trailingDays', 'no such field beside history.bars', trailingDays);
  const stored = storedIntervals(spec);
  const named = interval === undefined ? undefined : parseInterval(interval).name;
  if (named === undefined || !stored.includes(named)) {
    wrong('interval', `one that this session stores: ${stored.join(', ')}`, interval);
  }
  return problems;
}

/** The one form that equal histories have: canonical interval name, `trailingDays` filled in where it applies. */
export function canonicalHistory({ trailingDays = 0, bars, interval, retainDays }: HistorySpec): HistorySpec {
  if (bars === undefined || interval === undefined) return { trailingDays, retainDays };
  return { bars, interval: parseInterval(interval).name, retainDays };
}

/** Names of the intervals that a session has bars of: the base, and the derived ones when upkeep computes them. */
function storedIntervals({ baseInterval, derivedIntervals, upkeep }: HistoryContext): string[] {
  const derived = upkeep.enabled && upkeep.autoComputeDerived ? derivedIntervals : [];
  return [baseInterval, ...derived].map((name) => parseInterval(name).name);
}
