/**
 * Judges one schedule: compares the session with an undisturbed one, and what was observed with the invariants. Pure.
 * docs/ARCHITECTURE.md lists the invariants, such as I9.
 */
import type { Consumer, Counts, Metrics } from '../support/system/api.js';
import type { Kind } from './kinds.js';
import type { Observations } from './observer.js';

/** How a session ended. */
export interface Outcome {
  digest: string;
  /** The digest of the certificate. */
  certificate: string;
  counts: Counts;
  metrics: readonly Metrics[];
  consumers: readonly Consumer[];
  /** The events at the boundaries of its days. */
  dayEvents: readonly string[];
}

/** The results of a schedule that the checker judges. */
export interface Evidence {
  kind: Kind;
  reference: Outcome;
  /** Undefined when the session did not reach its end. */
  outcome: Outcome | undefined;
  observations: Observations;
  /** True when a fault took data from the session store or removed the session. */
  setsBack: boolean;
  /** True when a fault changed the symbols for a while, which the events of days show. */
  changesSymbols: boolean;
  /** Jobs of the session in the queues after it was removed. */
  jobsLeft: readonly string[];
  /** Keys of the session after it was removed. */
  keysLeft: readonly string[];
}

/**
 * `wrong`: a result or a time differs from what an invariant requires. `stands-still`: a step did not end in time.
 * `dead`: a process ended without a fault. `blocked`: an event loop did not answer. `left`: keys or jobs stayed after DELETE.
 */
type ViolationKind = 'wrong' | 'stands-still' | 'dead' | 'blocked' | 'left';

export interface Violation {
  kind: ViolationKind;
  what: string;
}

/** A coordinator that does not answer for longer is blocked. */
const SILENT_MAX_MS = 20_000;
/** How many violations of one kind a report lists. */
const LISTED_MAX = 5;

/** All violations except the deaths of processes, which do not belong to one session. */
export function violationsOf(evidence: Evidence): Violation[] {
  const { observations, jobsLeft, keysLeft } = evidence;
  const violations: Violation[] = [];
  const add = (kind: ViolationKind, what: string): void => void violations.push({ kind, what });
  if (observations.silentMs > SILENT_MAX_MS)
    add('blocked', `a coordinator did not answer /health/live for ${observations.silentMs} ms`);
  for (const what of [...wrongTimes(evidence), ...wrongOutcome(evidence)]) add('wrong', what);
  if (keysLeft.length > 0) add('left', `I9: keys after DELETE: ${keysLeft.slice(0, LISTED_MAX).join(', ')}`);
  if (jobsLeft.length > 0) add('left', `jobs after DELETE: ${jobsLeft.slice(0, LISTED_MAX).join(', ')}`);
  return violations;
}

/** Violations of I2 in the observed times. */
function wrongTimes({ observations: { samples }, setsBack, kind }: Evidence): string[] {
  const wrong = new Set<string>();
  // Before the first sample, so that the first clock does not count as going back.
  let clockBefore = -Infinity;
  for (const { clock, frontier, watermark } of samples) {
    if (Number.isNaN(clock)) continue; // the store has no times
    if (clock > frontier) wrong.add(`I2: the clock ${iso(clock)} passed the frontier ${iso(frontier)}`);
    if (kind.hasBarrier && clock > watermark)
      wrong.add(`I2: the clock ${iso(clock)} passed the watermark ${iso(watermark)}`);
    if (clock < clockBefore && !setsBack)
      wrong.add(`I2: the clock went back from ${iso(clockBefore)} to ${iso(clock)}`);
    clockBefore = clock;
  }
  return [...wrong].slice(0, LISTED_MAX);
}

/** Differences from the undisturbed session, and counts that do not add up. */
function wrongOutcome({ outcome, reference, setsBack, changesSymbols, kind }: Evidence): string[] {
  if (!outcome) return [];
  const wrong: string[] = [];
  const compare = (what: string, was: unknown, expected: unknown): void => {
    if (JSON.stringify(was) !== JSON.stringify(expected)) {
      wrong.push(`${what}: expected ${JSON.stringify(expected)}, was ${JSON.stringify(was)}`);
    }
  };
  compare('I1 digest', outcome.digest, reference.digest);
  compare('certificate', outcome.certificate, reference.certificate);
  // Without a barrier a day may close before its repairs. A store that lost its newest writes emits events again.
  if (kind.hasBarrier && !setsBack && !changesSymbols)
    compare('events of days', outcome.dayEvents, reference.dayEvents);
  compare('counts', outcome.counts, reference.counts);
  outcome.metrics.forEach((metrics, i) => compare(`metrics of ${metrics.symbol}`, metrics, reference.metrics[i]));
  for (const { expected, filled, noTrade, unfillable, absent, missing } of [outcome.counts, ...outcome.metrics]) {
    compare('I6 sum of the counts', filled + noTrade + unfillable + absent + missing, expected);
  }
  compare('delivered', outcome.consumers.map(delivered), reference.consumers.map(delivered));
  return wrong;
}

/** The part of a consumer's status that must equal that of the undisturbed session. */
function delivered({ name, steps, bars, deliveredHash }: Consumer): unknown {
  return { name, steps, bars, deliveredHash };
}

const iso = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : String(ms));
