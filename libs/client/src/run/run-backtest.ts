/**
 * A whole backtest in one call: starts what is needed, feeds, follows in lockstep, and stops everything in order, however
 * it ends. Nothing stays behind, in processes or in Redis, unless it is asked for.
 */
import { Scope } from '@barkeep/local-system';
import type { ClientSession } from '../client-session.js';
import { connect } from '../connect.js';
import type { FeedResult } from '../feed/index.js';
import type { Step } from '../follow/index.js';
import {
  ApiProblemError,
  type Certificate,
  type Digest,
  SessionNotFoundError,
  type SessionStatus,
  type SymbolMetrics,
} from '../http/index.js';
import type { ConnectOptions } from '../settings.js';
import { feedSession, type RunBars } from './feed-session.js';
import { planRun, RunOptionsError, type RunPlan, type RunRepository, type RunSpec } from './run-spec.js';

/** What to run. */
export interface RunOptions extends ConnectOptions {
  /** The session's spec (docs/api.md); `source` is filled in when bars are given, `pace` is lockstep unless it says otherwise. */
  spec: RunSpec;
  /** Bars to be fed; without them the spec names a dataset. */
  bars?: RunBars;
  /**
   * Where missing bars are asked for, in one of three forms: a TypeORM `DataSource` or `EntityManager` of a database with Barkeep's
   * tables; an object with `getBarsBySymbol(symbol, start, end, interval)`; one with `getBars({ symbol, start, end, interval })`. It
   * stays in this process. It is asked by the name `repository`, or by all names of the spec's `backfill` when these do not
   * have that one. What is none of the three is warned of, and gaps are only reported.
   */
  repository?: RunRepository;
  /** Called with each step, one after another; the session waits for it. What it throws ends the run and is thrown again. */
  onStep?: (step: Step) => unknown;
  /** How far apart steps are, such as `1m`, `15m` or `day`. @default the base interval */
  every?: string;
  /** True: everything stays, and the session can be read, until `close` of the result is called. @default false */
  keep?: boolean;
  /** Gets a line for whatever takes time or is out of the ordinary. @default writes it to stderr */
  log?: (line: string) => void;
  /** Ends the run with the signal's reason. */
  signal?: AbortSignal;
}

/** What was delivered to the steps of a run: equal for two runs that saw the same bars at the same simulated times. */
export interface Delivered {
  /** Chained SHA-256, 64 hexadecimal digits. */
  hash: string;
  /** Steps. */
  steps: number;
  /** Base bars. */
  bars: number;
}

/** How a run ended. */
export interface RunResult {
  /** Quality and counts of each symbol, in the spec's order. */
  metrics: SymbolMetrics[];
  /** Digest of everything that was stored. */
  digest: Digest;
  /** The digest chained by trading day; undefined when the coordinator is of a version that makes none. */
  certificate: Certificate | undefined;
  /** What the steps were given. */
  delivered: Delivered;
  /** What became of the bars that were fed, by symbol. */
  fed: ReadonlyMap<string, FeedResult>;
  /** The session as it ended. */
  status: SessionStatus;
  /** The session; it can be asked while it is kept. */
  session: ClientSession;
  /** Ends what was kept; does nothing when nothing was. */
  close(): Promise<void>;
}

/** Name under which a run follows its session. */
const CONSUMER = 'backtest';

/**
 * Runs a backtest to its end on the servers of REDIS_URL, SESSION_REDIS_URL and DATABASE_URL, or on private ones that it
 * starts; with a coordinator and a worker of its own, unless `coordinator` names one.
 * @throws RunOptionsError, InvalidInputError for the spec, what `onStep` or the bars throw, SessionEndedError when the session
 *   failed, and what starting servers and programs throws
 */
export async function runBacktest(options: RunOptions): Promise<RunResult> {
  const plan = planRun(options.spec, {
    bars: options.bars !== undefined,
    repository: options.repository !== undefined && options.repository !== null,
  });
  const { coordinator } = options;
  const useless = (['redis', 'keyPrefix', 'apiKey'] as const).filter((name) => options[name] !== undefined);
  if (coordinator === undefined && useless.length > 0) {
    throw new RunOptionsError(
      `expected ${useless.join(', ')} with the option coordinator, was without: a run of its own uses SESSION_REDIS_URL`,
    );
  }
  if (coordinator !== undefined && plan.repositoryNames.length > 0) {
    throw new RunOptionsError(
      'expected a repository or a coordinator, was both: its workers ask repositories of their own',
    );
  }
  const scope = new Scope();
  try {
    const result = await run(options, plan, scope);
    if (!options.keep) await scope.end();
    return { ...result, close: () => scope.end() };
  } catch (error) {
    await scope.end().catch(() => undefined); // what failed first is what the user has to know
    throw error;
  }
}

async function run(options: RunOptions, plan: RunPlan, scope: Scope): Promise<Omit<RunResult, 'close'>> {
  const client = connect(options.coordinator === undefined ? await startHere(options, plan, scope) : options);
  scope.onEnd(() => client.close());
  const session = await client.createSession(plan.spec);
  const { state } = await session.status();
  if (state !== 'created') {
    throw new RunOptionsError(`expected a new session, was ${session.id}, which is ${state}: leave the id out`);
  }
  // What is kept on a coordinator that is not ours is kept for good.
  if (!options.keep || options.coordinator === undefined) scope.onEnd(() => deleted(session));
  options.signal?.throwIfAborted();
  await session.start();
  const fed = await feedAndFollow(session, plan, options);
  const status = await session.completed();
  const [metrics, digest] = [await session.allMetrics(), await session.digest()];
  const certificate = await certificateOf(session);
  return { metrics, digest, certificate, delivered: await deliveredTo(session), fed, status, session };
}

/** Loaded when it is needed: a program that only connects has no use for database drivers and queues. */
async function startHere(options: RunOptions, plan: RunPlan, scope: Scope): Promise<ConnectOptions> {
  const { startLocalRun } = await import('./local-run.js');
  const { env = process.env, repository, log = toStderr } = options;
  return startLocalRun({ ...plan, env, cwd: process.cwd(), repository, log }, scope);
}

/** Both at once; when one fails the other is ended, and the first failure is thrown. */
async function feedAndFollow(
  session: ClientSession,
  { spec }: RunPlan,
  { bars, onStep, every, signal: given }: RunOptions,
): Promise<ReadonlyMap<string, FeedResult>> {
  const failing = new AbortController();
  const signal = given ? AbortSignal.any([failing.signal, given]) : failing.signal;
  const orFail = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      failing.abort(error);
      throw error;
    });
  const followAll = async (): Promise<void> => {
    for await (const step of session.follow({ consumer: CONSUMER, every, signal })) await onStep?.(step);
  };
  const feedAll = async (): Promise<ReadonlyMap<string, FeedResult>> =>
    bars === undefined ? new Map() : feedSession(session, spec.symbols, bars, signal);
  const [followed, fed] = await Promise.allSettled([orFail(followAll()), orFail(feedAll())]);
  if (failing.signal.aborted) throw failing.signal.reason;
  if (followed.status === 'rejected') throw followed.reason;
  if (fed.status === 'rejected') throw fed.reason;
  return fed.value;
}

/** Undefined from a coordinator of a version that makes none. */
async function certificateOf(session: ClientSession): Promise<Certificate | undefined> {
  try {
    return await session.certificate();
  } catch (error) {
    if (error instanceof ApiProblemError && error.kind === 'unknown-route') return undefined;
    throw error;
  }
}

async function deliveredTo(session: ClientSession): Promise<Delivered> {
  const consumer = (await session.consumers()).find(({ name }) => name === CONSUMER);
  return { hash: consumer?.deliveredHash ?? '', steps: consumer?.steps ?? 0, bars: consumer?.bars ?? 0 };
}

/** Whoever was given the session may have deleted it before. */
async function deleted(session: ClientSession): Promise<void> {
  try {
    await session.delete();
  } catch (error) {
    if (!(error instanceof SessionNotFoundError)) throw error;
  }
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
