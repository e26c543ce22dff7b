/** What the caller of `runBacktest` gives and gets. */
import { checkFunction, checkSignal } from '../check-arguments.js';
import type { ClientSession } from '../client-session.js';
import type { ConnectOptions } from '../connect.js';
import type { FeedResult } from '../feed/index.js';
import type { Step } from '../follow/index.js';
import type { Certificate, Digest, SessionStatus, SymbolMetrics } from '../http/index.js';
import { checkBars, type RunBars } from './feed-session.js';
import { type RunPlan, type RunRepository, type RunSpec, RunOptionsError } from './run-spec.js';

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

/** Checks the options before anything is started. @throws RunOptionsError, ArgumentError */
export function checkRunOptions(options: RunOptions, plan: RunPlan): void {
  checkSignal(options.signal);
  checkFunction('onStep', options.onStep);
  checkFunction('log', options.log);
  if (options.bars !== undefined) checkBars(options.bars);
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
