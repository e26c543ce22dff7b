/** Runs a whole backtest in one call. Leaves no processes and no keys behind, not even after an error, unless `keep` is set. */
import { anySignal, orAborted } from '@barkeep/bars';
import type * as LocalRunModule from '@barkeep/local-run';
import { Scope } from '@barkeep/local-system';
import { ifFound, type ClientSession } from '../client-session.js';
import { connect, type ConnectOptions, settingsOf } from '../connect.js';
import type { FeedResult } from '../feed/index.js';
import type { Step } from '../follow/index.js';
import { CoordinatorClient } from '../http/index.js';
import type { Certificate, Digest, SessionStatus, SymbolMetrics } from '../http/index.js';
import { abortOnSignals } from './abort-on-signals.js';
import { feedSession, type RunBars } from './feed-session.js';
import { lateText, logWaits, notStoredText } from './run-log.js';
import { LocalRunMissingError, planRun, RunOptionsError } from './run-spec.js';
import type { RunPlan, RunRepository, RunSpec } from './run-spec.js';

/** The options of a run. */
export interface RunOptions extends ConnectOptions {
  /** The session's spec (docs/api.md). `source` and `feed` are filled in when bars are given; `pace` is lockstep by default. */
  spec: RunSpec;
  /** Bars to feed. Without them the spec must name a dataset. */
  bars?: RunBars;
  /**
   * A source of missing bars, in one of three forms: a TypeORM `DataSource` or `EntityManager` of a database with Barkeep's
   * tables; an object with `getBarsBySymbol(symbol, start, end, interval)`; one with `getBars({ symbol, start, end, interval })`.
   * The repository stays in this process. In the spec's `backfill` the name `repository` stands for it, or every name if `repository` is
   * not among them. If the value has none of the three forms, the run logs a warning, and only reports gaps.
   */
  repository?: RunRepository;
  /** Called with each step, one at a time; the session waits for its result. If it throws, `runBacktest` ends with its error. */
  onStep?: (step: Step) => unknown;
  /** How far apart steps are, such as `1m`, `15m` or `day`. @default the base interval */
  every?: string;
  /** True: the session can be read until `close` of the result is called. @default false */
  keep?: boolean;
  /** Receives one line for each slow or unusual event. @default writes it to stderr */
  log?: (line: string) => void;
  /** Ends the run with the signal's reason. */
  signal?: AbortSignal;
}

/** What the steps of a run delivered: equal for two runs that saw the same bars at the same simulated times. */
export interface Delivered {
  /** Chained SHA-256, 64 hexadecimal digits. */
  hash: string;
  /** Number of steps. */
  steps: number;
  /** Number of base bars. */
  bars: number;
}

/** How a run ended. */
export interface RunResult {
  /** Quality and counts of each symbol, in the spec's order. */
  metrics: SymbolMetrics[];
  /** Digest of all stored bars. */
  digest: Digest;
  /** The digest chained by trading day. */
  certificate: Certificate;
  /** What the steps delivered. */
  delivered: Delivered;
  /** The results of feeding, by symbol. */
  fed: ReadonlyMap<string, FeedResult>;
  /** The final status of the session. */
  status: SessionStatus;
  /** The session; usable only with `keep`, until `close`. */
  session: ClientSession;
  /** Stops what `keep` left running; does nothing without `keep`. */
  close(): Promise<void>;
}

/** The name under which a run follows its session. */
const CONSUMER = 'backtest';

/**
 * Runs a backtest to its end on the servers of REDIS_URL, SESSION_REDIS_URL and DATABASE_URL, or on private ones that it
 * starts. Starts a coordinator and a worker, unless the option `coordinator` names a running coordinator.
 * @throws RunOptionsError, InvalidInputError for the spec, what `onStep` or the bars throw, SessionEndedError when the session
 *   failed, and what starting servers and programs throws
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

/** Checks the options that need, or exclude, a coordinator of the caller. @throws RunOptionsError */
function checkRunOptions(options: RunOptions, plan: RunPlan): void {
  const unused = (['redis', 'keyPrefix', 'apiKey'] as const).filter((name) => options[name] !== undefined);
  if (options.coordinator === undefined && unused.length > 0) {
    throw new RunOptionsError(
      `expected the option coordinator together with ${unused.join(', ')}, was not set: a run without it uses SESSION_REDIS_URL`,
    );
  }
  if (options.coordinator !== undefined && plan.repositoryNames.length > 0) {
    throw new RunOptionsError(
      'expected a repository or a coordinator, was both: the workers of that coordinator have their own repositories',
    );
  }
}

/** Creates, feeds and follows the session, and reads its results. @param scope ends what this function starts */
async function runSession(options: RunOptions, plan: RunPlan, scope: Scope): Promise<Omit<RunResult, 'close'>> {
  const { log: writeLine = (line: string) => void process.stderr.write(`${line}\n`) } = options;
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
  const watching = new AbortController(); // while the run logs what its session waits for
  scope.onEnd(() => Promise.resolve(watching.abort()));
  const { coordinator, apiKey } = settingsOf(settings);
  const operator = new CoordinatorClient(coordinator, apiKey, watching.signal, 'operator');
  void logWaits(() => operator.session(session.id), log, watching.signal);
  const fed = await feedAndFollow(session, plan, { ...options, log, signal });
  const status = await session.completed({ signal });
  const metrics = await session.allMetrics();
  const digest = await session.digest();
  const certificate = await session.certificate();
  watching.abort();
  return { metrics, digest, certificate, delivered: await deliveredTo(session), fed, status, session };
}

/** Starts a coordinator and a worker, and the servers that the environment does not name. @returns how to connect to them */
async function startLocally(
  { env = process.env, repository, keep = false }: RunOptions,
  plan: RunPlan,
  log: (line: string) => void,
  scope: Scope,
): Promise<ConnectOptions> {
  const { startLocalRun } = await importLocalRun();
  return startLocalRun({ ...plan, env, cwd: process.cwd(), repository, keep, log }, scope);
}

/**
 * Imported on demand: a program that only connects needs no servers, database drivers or queues. The published client has them in
 * the package `@barkeep/cli`. @throws LocalRunMissingError
 */
async function importLocalRun(): Promise<typeof LocalRunModule> {
  try {
    return await import('@barkeep/local-run');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') throw new LocalRunMissingError(error);
    throw error;
  }
}

/** Feeds and follows at the same time. When one fails, ends the other and throws the first error. */
async function feedAndFollow(
  session: ClientSession,
  { spec }: RunPlan,
  { bars, onStep, every, log, signal: given }: RunOptions & { log: (line: string) => void; signal: AbortSignal },
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
