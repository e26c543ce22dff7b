/** The command: `npm run faults -- [--schedules N] [--seed S] [--only FAULT] [--kind KIND] [--labs N] [--verbose] [--list]`. Exit code 1 when a schedule failed. */
import { parseArgs } from 'node:util';
import { FAULTS, faultNamed } from './faults/index.js';
import { KINDS, type KindName } from './kinds.js';
import { Lab } from './lab/lab.js';
import { summary } from './report.js';
import { type References, Runner, type ScheduleResult } from './runner.js';
import { describe, type Schedule, scheduleOf } from './schedule.js';

const LAB_SCHEDULES = 40;

interface Options {
  schedules: number;
  seed: number;
  only?: string;
  kind?: KindName;
  labs: number;
  verbose: boolean;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      schedules: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      kind: { type: 'string' },
      labs: { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  if (values.list) {
    print(FAULTS.map(({ name }) => name).join('\n'));
    process.exit(0);
  }
  if (values.only !== undefined) faultNamed(values.only);
  if (values.kind !== undefined && !(values.kind in KINDS)) {
    throw new Error(`--kind: expected one of ${Object.keys(KINDS).join(', ')}, was ${values.kind}`);
  }
  return {
    schedules: whole('--schedules', values.schedules),
    seed: whole('--seed', values.seed),
    only: values.only,
    kind: values.kind as KindName | undefined,
    labs: whole('--labs', values.labs),
    verbose: values.verbose,
  };
}

function whole(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${name}: expected a whole number of 1 or more, was ${text}`);
  return Number(text);
}

/** Runs schedules in several labs at the same time. */
async function campaign(
  schedules: readonly Schedule[],
  { labs, verbose }: Options,
  results: ScheduleResult[],
): Promise<void> {
  const queue = schedules.values();
  const references: References = new Map();
  await Promise.all(Array.from({ length: labs }, () => runInLabs(queue, references, verbose, results)));
}

/** Runs schedules one after another. A failed one, and every 40th, is followed by a new lab. */
async function runInLabs(
  schedules: Iterable<Schedule>,
  references: References,
  verbose: boolean,
  results: ScheduleResult[],
): Promise<void> {
  let lab: Lab | undefined;
  let runner: Runner | undefined;
  let inLab = 0;
  for (const schedule of schedules) {
    if (lab === undefined || runner === undefined) {
      lab = await Lab.create(print);
      runner = new Runner(lab, references);
      inLab = 0;
    }
    const result = await runner.run(schedule);
    results.push(result);
    printResult(result, verbose);
    if (result.violations.length > 0 || ++inLab === LAB_SCHEDULES) {
      await lab.close();
      lab = undefined;
    }
  }
  await lab?.close();
}

function printResult({ schedule, violations, trace, tookMs }: ScheduleResult, verbose: boolean): void {
  print(
    `${violations.length === 0 ? 'ok    ' : 'FAILED'} ${schedule.seed} ${(tookMs / 1000).toFixed(1)} s  ${describe(schedule)}`,
  );
  if (violations.length === 0 && !verbose) return;
  for (const { kind, what } of violations) print(`  ${kind}: ${what}`);
  for (const line of trace) print(`  ${line}`);
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  const { schedules, seed, only, kind } = options;
  const startedAt = Date.now();
  const planned = Array.from({ length: schedules }, (_, i) => scheduleOf(seed + i, { faults: FAULTS, only, kind }));
  const results: ScheduleResult[] = [];
  const printSummary = (): void => print(`\n${summary(results, (Date.now() - startedAt) / 1000)}`);
  // An interrupted campaign shows what it has found so far.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.prependOnceListener(signal, printSummary);
  await campaign(planned, options, results);
  printSummary();
  process.exitCode = results.some(({ violations }) => violations.length > 0) ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`faults: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(2);
});
