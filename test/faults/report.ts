/** Sums up a campaign: violations by kind, and recovery times by fault. Pure. */
import type { ScheduleResult } from './runner.js';
import { describe } from './schedule.js';

const KINDS = {
  wrong: 'wrong',
  'stands-still': 'standing still',
  dead: 'dead processes',
  blocked: 'blocked loops',
  left: 'left behind',
} as const;

/** The summary as text. */
export function summary(results: readonly ScheduleResult[], seconds: number): string {
  const faults = results.flatMap(({ schedule }) => schedule.faults);
  const counts = Object.entries(KINDS).map(([kind, name]) => {
    const count = results.filter(({ violations }) => violations.some((violation) => violation.kind === kind)).length;
    return `${count} ${name}`;
  });
  const failed = results.filter(({ violations }) => violations.length > 0);
  return [
    `${results.length} schedules, ${faults.length} faults, ${Math.round(seconds)} s: ${counts.join(', ')}`,
    ...failed.map(
      ({ schedule }) => `  failed: npm run faults -- --schedules 1 --seed ${schedule.seed}   ${describe(schedule)}`,
    ),
    '',
    recoveryTable(results),
  ].join('\n');
}

/** A row for each fault: how often it was tried, and the times to progress in seconds. */
function recoveryTable(results: readonly ScheduleResult[]): string {
  const tried = new Map<string, number>();
  for (const { schedule } of results) {
    for (const { name } of schedule.faults) tried.set(name, (tried.get(name) ?? 0) + 1);
  }
  const times = new Map<string, number[]>();
  for (const { fault, ms } of results.flatMap(({ recoveries }) => recoveries))
    times.set(fault, [...(times.get(fault) ?? []), ms]);
  const rows = [...tried]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => row(name, count, times.get(name) ?? []));
  const triedInAll = [...tried.values()].reduce((sum, count) => sum + count, 0);
  const all = row('all', triedInAll, [...times.values()].flat());
  return [
    '| fault | tried | measured | p50, s | p99, s | longest, s |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    all,
  ].join('\n');
}

function row(name: string, count: number, times: readonly number[]): string {
  const figures =
    times.length === 0
      ? ['–', '–', '–']
      : [percentile(times, 0.5), percentile(times, 0.99), Math.max(...times)].map((ms) => (ms / 1000).toFixed(1));
  return `| ${[name, count, times.length, ...figures].join(' | ')} |`;
}

/** The smallest value that a share of all values does not exceed. @param share 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
