/** The command `npm run faults`. `npm run faults -- --help` names its options. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { campaign } from './campaign.js';
import { FAULTS } from './faults/index.js';
import { KINDS, type KindName } from './kinds.js';
import { summary } from './report.js';
import type { ScheduleResult } from './runner.js';
import { describe, type Schedule, scheduleOf } from './schedule.js';

interface Options {
  schedules: number;
  seed: number;
  only?: string;
  kind?: KindName;
  crowd: number;
  labs: number;
  verbose: boolean;
  /** A file of results, one per line. Schedules that it has are not run again, and new results are added. */
  results?: string;
  list?: true;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function optionsOf(args: readonly string[]): Options {
  const program = new Command('faults')
    .description('Runs seeded schedules of faults against real processes. Exit code 1 when a schedule failed.')
    .option('--schedules <n>', 'how many schedules to run', wholeNumber, 50)
    .option('--seed <n>', 'seed of the first schedule', wholeNumber, 1)
    .addOption(new Option('--only <fault>', 'use only this fault').choices(FAULTS.map(({ name }) => name)))
    .addOption(new Option('--kind <kind>', 'use only this kind of session').choices(Object.keys(KINDS)))
    .option('--crowd <n>', 'run so many further sessions of random kinds at the same time', wholeNumber, 0)
    .option('--labs <n>', 'labs (separate systems) that run schedules at the same time', wholeNumber, 1)
    .option('--results <file>', 'keep results in this file, and skip schedules whose results it has')
    .option('--verbose', 'print what happened in every schedule', false)
    .option('--list', 'print the names of the faults');
  return program.parse(args, { from: 'user' }).opts();
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number of 1 or more');
  return Number(text);
}

/** Results of an earlier command; none when there is no file yet. */
function readResults(file: string): ScheduleResult[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as ScheduleResult);
}

function printResult({ schedule, violations, trace, tookMs }: ScheduleResult, verbose: boolean): void {
  const verdict = violations.length === 0 ? 'ok    ' : 'FAILED';
  print(`${verdict} ${schedule.seed} ${(tookMs / 1000).toFixed(1)} s  ${describe(schedule)}`);
  if (violations.length === 0 && !verbose) return;
  for (const { kind, what } of violations) print(`  ${kind}: ${what}`);
  for (const line of trace) print(`  ${line}`);
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  if (options.list) return print(FAULTS.map(({ name }) => name).join('\n'));
  const startedAt = Date.now();
  const results = options.results === undefined ? [] : readResults(options.results);
  const printSummary = (): void => print(`\n${summary(results, (Date.now() - startedAt) / 1000)}`);
  // An interrupted campaign shows what it has found so far, before the listener of lab/end-with-us.ts ends the process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.prependOnceListener(signal, printSummary);
  const add = (result: ScheduleResult): void => {
    results.push(result);
    if (options.results !== undefined) appendFileSync(options.results, `${JSON.stringify(result)}\n`);
    printResult(result, options.verbose);
  };
  await campaign(schedulesToRun(options, results), { labs: options.labs, add, print });
  printSummary();
  process.exitCode = results.some(({ violations }) => violations.length > 0) ? 1 : 0;
}

/** The schedules of a campaign that have no result yet. */
function schedulesToRun(
  { schedules, seed, only, kind, crowd }: Options,
  results: readonly ScheduleResult[],
): Schedule[] {
  const keyOf = (schedule: Schedule): string => `${schedule.seed} ${describe(schedule)}`;
  const done = new Set(results.map(({ schedule }) => keyOf(schedule)));
  const planned = Array.from({ length: schedules }, (_, i) =>
    scheduleOf(seed + i, { faults: FAULTS, only, kind, crowd }),
  );
  return planned.filter((schedule) => !done.has(keyOf(schedule)));
}

main().catch((error: unknown) => {
  process.stderr.write(`faults: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(2);
});
