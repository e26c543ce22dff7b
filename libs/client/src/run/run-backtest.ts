/** Runs a whole backtest in one call. Leaves no processes and no keys behind, not even after an error, unless `keep` is set. */
import { anySignal, orAborted } from '@barkeep/bars';
import { Scope } from '@barkeep/local-system';
import { errorCode } from '@barkeep/service';
import { ifFound, type ClientSession } from '../client-session.js';
import { connect, type ConnectOptions, settingsOf } from '../connect.js';
import type { FeedResult } from '../feed/index.js';
import { CoordinatorClient } from '../http/index.js';
import { abortOnSignals } from './abort-on-signals.js';
import { feedSession } from './feed-session.js';
import { lateText, logWaits, notStoredText } from './run-log.js';
import { checkRunOptions, type Delivered, type RunOptions, type RunResult } from './run-options.js';
import { LocalRunMissingError, planRun, type RunPlan, RunOptionsError } from './run-spec.js';

/** The name under which a run follows its session. */
const CONSUMER = 'backtest';

/**
 * Runs a backtest to its end on the servers of REDIS_URL, SESSION_REDIS_URL and DATABASE_URL, or on private ones that it
 * starts. Starts a coordinator and a worker, unless the option `coordinator` names a running coordinator.
 * @throws RunOptionsError, ArgumentError, InvalidInputError for the spec, what `onStep` or the bars throw, SessionEndedError when the
 *   session failed, and what starting servers and programs throws
 */
export async function runBacktest(options: RunOptions): Promise<RunResult> {
  const plan = planRun(options.spec, {
    bars: options.bars !== undefined,
    repository: options.repository !== undefined && options.repository !== null,
  });
  checkRunOptions(options, plan);
  const scope = new Scope();
  abortOnSignals(scope);
  try {
    const result = await runSession(options, plan, scope);
    // An abort ends a run that `keep` leaves running. If the end fails, a later `close` throws its error.
    const endKept = (): void => void scope.end().catch(() => undefined);
    if (options.keep && !scope.signal.aborted) scope.signal.addEventListener('abort', endKept);
    else await scope.end();
    return { ...result, close: () => scope.end() };
  } catch (error) {
    await scope.end().catch(() => undefined); // the caller gets the first error, which is the cause
    throw error;
  }
}

/** Creates, feeds and follows the session, and reads its results. @param scope ends what this function starts */
async function runSession(options: RunOptions, plan: RunPlan, scope: Scope): Promise<Omit<RunResult, 'close'>> {
  const writeLine = options.log ?? ((line: string) => void process.stderr.write(`${line}\n`));
  // An error of the caller's `log`, thrown or as a rejected promise, ends the run. The code that logs goes on.
  const log = (line: string): void =>
    void new Promise((resolve) => resolve(writeLine(line))).catch((error: unknown) => scope.abort(error as Error));
  const signal = anySignal(options.signal ? [scope.signal, options.signal] : [scope.signal]);
  const settings = options.coordinator === undefined ? await startLocally(options, plan, log, scope) : options;
  const client = connect(settings);
  scope.onEnd(() => client.close());
  const session = await client.createSession(plan.spec);
  const { state } = await session.status();
  if (state !== 'created') {
    throw new RunOptionsError(`expected a new session, was ${session.id}, which is ${state}: leave the id out`);
  }
  // A session on the caller's own coordinator stays if `keep` is set; every other session is deleted.
  const mustDelete = !options.keep || options.coordinator === undefined;
  if (mustDelete) scope.onEnd(() => ifFound(session.delete())); // the caller may have deleted it already
  signal.throwIfAborted();
  await session.start();
  let isFed = false;
  const stopWatching = watchWaits(settings, session, () => isFed, log);
  try {
    const fed = await feedAndFollow(session, plan, { ...options, log, signal }, () => (isFed = true));
    const status = await session.completed({ signal });
    const metrics = await session.allMetrics();
    const digest = await session.digest();
    const certificate = await session.certificate();
    return { metrics, digest, certificate, delivered: await deliveredTo(session), fed, status, session };
  } finally {
    stopWatching();
  }
}

/** Logs what a session waits for, in the operator's view if possible, until the returned function is called. */
function watchWaits(
  settings: ConnectOptions,
  { id }: ClientSession,
  isFed: () => boolean,
  log: (line: string) => void,
): () => void {
  const watching = new AbortController();
  const { coordinator, apiKey } = settingsOf(settings);
  const operator = new CoordinatorClient(coordinator, apiKey, watching.signal, 'operator');
  void logWaits(() => operator.session(id), isFed, log, watching.signal);
  return () => watching.abort();
}

/**
 * Starts a coordinator and a worker, and the servers that the environment does not name. Imports what they need on demand: a program that
 * only connects needs no database drivers or queues, and the published client has them in the package `@barkeep/cli`.
 * @returns how to connect @throws LocalRunMissingError
 */
async function startLocally(
  { env = process.env, repository, keep = false }: RunOptions,
  plan: RunPlan,
  log: (line: string) => void,
  scope: Scope,
): Promise<ConnectOptions> {
  const { startLocalRun } = await import('@barkeep/local-run').catch((error: unknown) => {
    const code = errorCode(error);
    throw code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' ? new LocalRunMissingError(error) : error;
  });
  return startLocalRun({ ...plan, env, cwd: process.cwd(), repository, keep, log }, scope);
}

/** Feeds and follows at the same time; calls `onFed` when all is fed. When one fails, ends the other and throws the first error. */
async function feedAndFollow(
  session: ClientSession,
  { spec }: RunPlan,
  { bars, onStep, every, log, signal: given }: RunOptions & { log: (line: string) => void; signal: AbortSignal },
  onFed: () => void,
): Promise<ReadonlyMap<string, FeedResult>> {
  const failing = new AbortController();
  const signal = anySignal([failing.signal, given]);
  let failure: { error: unknown } | undefined; // a strategy may throw anything, also undefined
  const abortingOther = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      failure ??= { error };
      failing.abort(error);
      throw error;
    });
  const followAll = async (): Promise<void> => {
    for await (const step of session.follow({ consumer: CONSUMER, every, signal })) await onStep?.(step);
  };
  const feedAll = async (): Promise<ReadonlyMap<string, FeedResult>> => {
    if (bars === undefined || spec.symbols === 'dataset') return new Map();
    const fed = await feedSession(session, spec.symbols, bars, signal);
    onFed();
    for (const text of [notStoredText(fed), lateText(fed)]) if (text !== undefined) log(text);
    return fed;
  };
  // `onStep` may be waiting for something that never comes: an abort does not wait for it.
  const following = abortingOther(orAborted(followAll, given));
  const feeding = abortingOther(feedAll());
  await Promise.allSettled([following, feeding]);
  if (failure) throw failure.error;
  return feeding;
}

/** What the steps delivered, as the session recorded it. */
async function deliveredTo(session: ClientSession): Promise<Delivered> {
  const consumer = (await session.consumers()).find(({ name }) => name === CONSUMER);
  return { hash: consumer?.deliveredHash ?? '', steps: consumer?.steps ?? 0, bars: consumer?.bars ?? 0 };
}
