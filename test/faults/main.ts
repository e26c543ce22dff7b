/** The command `npm run faults`. `npm run faults -- --help` names its options. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { FAULTS } from './faults/index.js';
import { KINDS, type KindName } from './kinds.js';
import { Lab } from './lab/lab.js';
import { summary } from './report.js';
import { type References, Runner, type ScheduleResult } from './runner.js';
import { describe, type Schedule, scheduleOf } from './schedule.js';

/** Schedules that one lab runs before a new one takes its place. */
const LAB_SCHEDULES = 40;
/** Attempts to run one schedule, in a new lab where there is none. */
const ATTEMPTS_MAX = 3;

interface Options {
  schedules: number;
  seed: number;
  only?: string;
  kind?: KindName;
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
    .option('--labs <n>', 'systems that run schedules at the same time', wholeNumber, 1)
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

/** Runs schedules in several labs at the same time. */
async function campaign(
  schedules: readonly Schedule[],
  { labs, verbose }: Options,
  add: (result: ScheduleResult) => void,
): Promise<void> {
  // One iterator for all labs, so that each schedule runs once.
  const queue = schedules.values();
  const references: References = new Map();
  await Promise.all(Array.from({ length: labs }, () => runInLabs(queue, references, verbose, add)));
}

/** Calls `act` again after a failure. @throws the error of the last attempt */
async function attempts<T>(failure: string, act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
      print(`${failure}: ${String(error)}`);
    }
  }
}

let lastLab: Promise<unknown> = Promise.resolve();

/** Starts a lab after the one before has started, because many servers that start at once are slow. */
function nextLab(): Promise<Lab> {
  const create = (): Promise<Lab> => Lab.create(print);
  const next = lastLab.then(create, create);
  lastLab = next;
  return next;
}

/**
 * Runs schedules one after another. A new lab replaces the old one after a failed schedule and after every 40th one.
 * When the undisturbed session of a schedule does not end, the lab itself is broken: the schedule runs again in a new lab.
 */
async function runInLabs(
  schedules: Iterable<Schedule>,
  references: References,
  verbose: boolean,
  add: (result: ScheduleResult) => void,
): Promise<void> {
  let current: { lab: Lab; runner: Runner; runs: number } | undefined;
  const openLab = async (): Promise<NonNullable<typeof current>> => {
    const lab = await nextLab();
    return { lab, runner: new Runner(lab, references), runs: 0 };
  };
  const closeLab = async (): Promise<void> => {
    await current?.lab.close();
    current = undefined;
  };
  for (const schedule of schedules) {
    const result = await attempts(`seed ${schedule.seed} did not run`, async () => {
      current ??= await openLab();
      current.runs++;
      try {
        return await current.runner.run(schedule);
      } catch (error) {
        await closeLab();
        throw error;
      }
    });
    add(result);
    printResult(result, verbose);
    if (result.violations.length > 0 || current?.runs === LAB_SCHEDULES) await closeLab();
  }
  await closeLab();
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
  const { schedules, seed, only, kind } = options;
  const startedAt = Date.now();
  const results = options.results === undefined ? [] : readResults(options.results);
  const keyOf = (schedule: Schedule): string => `${schedule.seed} ${describe(schedule)}`;
  const done = new Set(results.map(({ schedule }) => keyOf(schedule)));
  const planned = Array.from({ length: schedules }, (_, i) =>
    scheduleOf(seed + i, { faults: FAULTS, only, kind }),
  ).filter((schedule) => !done.has(keyOf(schedule)));
  const add = (result: ScheduleResult): void => {
    results.push(result);
    if (options.results !== undefined) appendFileSync(options.results, `${JSON.stringify(result)}\n`);
  };
  const printSummary = (): void => print(`\n${summary(results, (Date.now() - startedAt) / 1000)}`);
  // An interrupted campaign shows what it has found so far.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.prependOnceListener(signal, printSummary);
  await campaign(planned, options, add);
  printSummary();
  process.exitCode = results.some(({ violations }) => violations.length > 0) ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`faults: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(2);
});
