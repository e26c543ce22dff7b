/** Sums up a campaign: violations by kind, and recovery times by fault. Pure. */
import type { ScheduleResult } from './runner.js';
import { describe } from './schedule.js';

/** What the summary calls each kind of violation. */
const VIOLATION_NAMES = {
  wrong: 'wrong',
  'stands-still': 'standing still',
  dead: 'dead processes',
  blocked: 'blocked loops',
  left: 'left behind',
} as const;

/** The summary as text. @param seconds how long the campaign took */
export function summary(results: readonly ScheduleResult[], seconds: number): string {
  const faults = results.flatMap(({ schedule }) => schedule.faults);
  const counts = Object.entries(VIOLATION_NAMES).map(([kind, name]) => {
    const found = results.filter(({ violations }) => violations.some((violation) => violation.kind === kind));
    return `${found.length} ${name}`;
  });
  const failed = results.filter(({ violations }) => violations.length > 0).map(({ schedule }) => schedule);
  const repeat = 'npm run faults -- --schedules 1 --seed';
  return [
    `${results.length} schedules, ${faults.length} faults, ${Math.round(seconds)} s: ${counts.join(', ')}`,
    ...failed.map((schedule) => `  failed: ${repeat} ${schedule.seed}   ${describe(schedule)}`),
    '',
    recoveryTable(results),
  ].join('\n');
}

/** A row for each fault: how often it was tried, how often its recovery was measured, and the recovery times. */
function recoveryTable(results: readonly ScheduleResult[]): string {
  const triedCounts = new Map<string, number>();
  for (const { schedule } of results) {
    for (const { name } of schedule.faults) triedCounts.set(name, (triedCounts.get(name) ?? 0) + 1);
  }
  const recoveryTimes = new Map<string, number[]>();
  for (const { fault, ms } of results.flatMap(({ recoveries }) => recoveries))
    recoveryTimes.set(fault, [...(recoveryTimes.get(fault) ?? []), ms]);
  const rows = [...triedCounts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => tableRow(name, count, recoveryTimes.get(name) ?? []));
  const allTried = [...triedCounts.values()].reduce((sum, count) => sum + count, 0);
  const allTimes = [...recoveryTimes.values()].flat();
  return [
    '| fault | tried | measured | p50, s | p99, s | longest, s |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    tableRow('all', allTried, allTimes),
  ].join('\n');
}

/** @param triedCount how often the fault was tried @param timesMs its recovery times */
function tableRow(name: string, triedCount: number, timesMs: readonly number[]): string {
  let figures = ['–', '–', '–'];
  if (timesMs.length > 0) {
    const figuresMs = [percentile(timesMs, 0.5), percentile(timesMs, 0.99), Math.max(...timesMs)];
    figures = figuresMs.map((ms) => (ms / 1000).toFixed(1));
  }
  return `| ${[name, triedCount, timesMs.length, ...figures].join(' | ')} |`;
}

/** The value up to which this share of the values lie: with 200 values, a share of 0.99 gives the 198th of them by size. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
