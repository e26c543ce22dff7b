/** `barkeep run`: creates a session from a spec, starts it and follows it to its end. */
import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { isUnknownSymbolsWarning } from '@barkeep/bars';
import { type CoordinatorClient, SessionConflictError, type SessionStatus } from '@barkeep/client';
import {
  CliError,
  colour,
  formatCount,
  EXIT,
  expecting,
  note,
  printResult,
  type Progress,
  UsageError,
  withProgress,
} from '../terminal/index.js';
import {
  digestText,
  END_STATES,
  metricsTable,
  shortTime,
  waitingText,
  watchToEnd,
  watchToSettled,
} from '../report/index.js';
import type { Context } from '../services/index.js';
import { coordinatorCommand, type SessionOptions } from './command.js';

type RunOptions = SessionOptions & { keep?: boolean; waitSettled?: boolean; strict?: boolean };

/** How many times --strict reads the warnings. Each read waits up to 0.5 s for the coordinator to look the symbols up. */
const WARNING_TRIES = 3;

const EXAMPLES = `
Examples:
  barkeep run session.json
  barkeep run session.json --wait-settled --json > result.json
  echo '{"symbols":["SPY"],"start":"2013-10-07","end":"2013-10-11","source":{"type":"dataset","dataset":"lean"}}' | barkeep run -

A spec with the id of an existing session continues that session. After Ctrl-C the session continues if its
coordinator still runs; "barkeep run" with the same spec follows it again.
Exit code: 0 when the session completed, 2 when --strict finds an unknown symbol, otherwise 1.`;

export const runSessionCommand = () =>
  coordinatorCommand('run', 'run a session to its end and show the result of every symbol', EXAMPLES)
    .argument('<spec>', 'file with the session spec (JSON); - reads it from stdin')
    .option('--wait-settled', 'afterwards request absent bars until each is filled or settled')
    .option(
      '--strict',
      'exit with code 2 when no dataset knows a symbol of the session; needs an admin key where keys are set',
    )
    .option('--keep', 'afterwards leave the coordinator and its servers running until Ctrl-C')
    .work(runSession);

async function runSession(context: Context, file: string, options: RunOptions): Promise<number> {
  const { signal } = context.life;
  const spec = await readSpec(file, signal);
  const client = await context.coordinator(options);
  if (options.strict && !(await client.isOperator()))
    throw new UsageError('expected an admin key for --strict (BARKEEP_ADMIN_KEY), was a key that sees no datasets');
  const created = await create(client, spec);
  const startedAt = performance.now();
  const work = (progress: Progress) => follow(client, created, options, progress, signal);
  const outlook = context.startedCoordinator ? 'stops with this command' : 'continues at its coordinator';
  const outcome = () => `session ${created.id} ${outlook}; "barkeep run ${file}" follows it again`;
  const ended = await withProgress(created.id, options.json, work, outcome);
  await report(client, ended, options, (performance.now() - startedAt) / 1000);
  const warnings = await warningsOf(client, ended, options.strict ? WARNING_TRIES : 1);
  for (const warning of warnings) note(`${colour('yellow', 'warning:', process.stderr)} ${warning}`);
  if (options.keep && context.startedCoordinator) await keepCoordinator(context, client.baseUrl);
  if (ended.state !== 'completed') return EXIT.failed;
  return options.strict && warnings.some(isUnknownSymbolsWarning) ? EXIT.refused : EXIT.ok;
}

/** Creates the session, or takes the existing one of the same spec. @throws CliError when its id has another spec */
async function create(client: CoordinatorClient, spec: unknown): Promise<SessionStatus> {
  const created = await client.create(spec).catch((error: unknown) => {
    if (!(error instanceof SessionConflictError)) throw error;
    const { id } = spec as { id: string }; // only a spec with an id can conflict
    const help = `choose another id, or remove that session: barkeep rm ${id}`;
    throw new CliError(`${error.message}; ${help}`, EXIT.failed, { cause: error });
  });
  const { id, state } = created;
  if (state === 'completed')
    note(`session ${id} was completed before: this is its result; "barkeep rm ${id}" lets it run anew`);
  return created;
}

/** Leaves the coordinator that this command started running until Ctrl-C. */
async function keepCoordinator(context: Context, url: string): Promise<void> {
  const others = context.publishCoordinator(url) ? ', and other commands of this project use it' : '';
  note(`the coordinator stays at ${url} until Ctrl-C${others}`);
  await context.life.interrupted();
}

/** The warnings of the session; reads them again while none is of an unknown symbol. @param tries how many times, `ended` included */
async function warningsOf(client: CoordinatorClient, ended: SessionStatus, tries: number): Promise<string[]> {
  let { warnings } = ended;
  for (let i = 1; i < tries && !warnings.some(isUnknownSymbolsWarning); i++)
    warnings = (await client.session(ended.id)).warnings;
  return warnings;
}

/** Starts or resumes the session if needed, and watches it to its end; with --wait-settled until every slot is filled or settled. */
async function follow(
  client: CoordinatorClient,
  { id, state }: SessionStatus,
  options: RunOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<SessionStatus> {
  const canStart = state === 'created' || (END_STATES.has(state) && state !== 'completed');
  if (state === 'paused') await client.lifecycle(id, 'resume');
  else if (canStart) await client.lifecycle(id, 'start');
  const onUpdate = (session: SessionStatus): void =>
    progress.update(session.progress, progressText(session), session.counts.filled);
  const watched = { client, id, onUpdate, signal };
  const ended = await watchToEnd(watched);
  if (!options.waitSettled || ended.state !== 'completed') return ended;
  if (ended.repairs) return watchToSettled(watched); // it has repositories, and upkeep asks them
  if (ended.counts.absent + ended.counts.missing > 0)
    note('--wait-settled: this session has no repository for its missing bars');
  return ended;
}

function progressText({ state, clock, counts, waitingFor }: SessionStatus): string {
  const open = counts.absent + counts.missing;
  const counted = `${formatCount(counts.filled)} bars, ${formatCount(open)} open`;
  return `${state} ${shortTime(clock)}  ${waitingText(waitingFor) ?? counted}`;
}

async function report(client: CoordinatorClient, session: SessionStatus, options: RunOptions, seconds: number) {
  const metrics = await client.allMetrics(session);
  const digest = await client.digest(session.id);
  const result = { session: session.raw, symbols: metrics.map(({ raw }) => raw), ...digest.raw, seconds };
  printResult(options, result, () => {
    const rate = Math.round(session.counts.filled / Math.max(seconds, 0.001));
    const outcome = `session ${session.id} ${session.state}${session.error === null ? '' : `: ${session.error}`}`;
    const bars = `${formatCount(session.counts.filled)} bars in ${seconds.toFixed(1)} s, ${formatCount(rate)} bars/s`;
    return [`${outcome}, ${bars}`, metricsTable(metrics), digestText(digest)].join('\n');
  });
}

/** Reads the JSON of a spec from a file, or from stdin for `-`. @param signal ends the wait for the input of a terminal */
async function readSpec(file: string, signal: AbortSignal): Promise<unknown> {
  const text = await expecting(`expected a session spec in ${file}`, () =>
    file === '-' ? readAll(addAbortSignal(signal, process.stdin)) : readFile(file, 'utf8'),
  );
  const json = text.replace(/^\ufeff/, ''); // editors of Windows write a byte order mark
  return expecting(`expected JSON in ${file}`, () => JSON.parse(json) as unknown);
}
