/** Judges one schedule: compares the session with an undisturbed one, and what was observed with the invariants. Pure. */
import type { Consumer, Counts, Metrics } from '../support/system/api.js';
import type { Kind } from './kinds.js';
import type { Observations } from './observer.js';

/** How a session ended. */
export interface Outcome {
  digest: string;
  counts: Counts;
  metrics: readonly Metrics[];
  consumers: readonly Consumer[];
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
  /** Processes that ended although no fault ended them. */
  deaths: readonly string[];
  /** Jobs of the session in the queues after it was removed. */
  jobsLeft: readonly string[];
  /** Keys of the session after it was removed. */
  keysLeft: readonly string[];
}

type ViolationKind = 'wrong' | 'stands-still' | 'dead' | 'blocked' | 'left';

export interface Violation {
  kind: ViolationKind;
  what: string;
}

/** A coordinator that does not answer for this long is blocked, ms. */
const SILENT_MAX_MS = 20_000;

/** All violations; empty when there are none. */
export function violationsOf(evidence: Evidence): Violation[] {
  const { deaths, observations, jobsLeft, keysLeft } = evidence;
  const found: Violation[] = deaths.map((what) => ({ kind: 'dead', what }));
  if (observations.silentMs > SILENT_MAX_MS) {
    found.push({ kind: 'blocked', what: `a coordinator did not answer /health/live for ${observations.silentMs} ms` });
  }
  const wrong = [...timesWrong(evidence), ...outcomeWrong(evidence)];
  found.push(...wrong.map((what): Violation => ({ kind: 'wrong', what })));
  if (keysLeft.length > 0)
    found.push({ kind: 'left', what: `I9: keys after DELETE: ${keysLeft.slice(0, 5).join(', ')}` });
  if (jobsLeft.length > 0) found.push({ kind: 'left', what: `jobs after DELETE: ${jobsLeft.slice(0, 5).join(', ')}` });
  return found;
}

/** I2 in everything that was observed. */
function timesWrong({ observations: { samples }, setsBack, kind }: Evidence): string[] {
  const wrong = new Set<string>();
  let before = -Infinity;
  for (const { clock, frontier, watermark } of samples) {
    if (Number.isNaN(clock)) continue;
    if (clock > frontier) wrong.add(`I2: the clock ${iso(clock)} passed the frontier ${iso(frontier)}`);
    if (kind.hasBarrier && clock > watermark)
      wrong.add(`I2: the clock ${iso(clock)} passed the watermark ${iso(watermark)}`);
    if (clock < before && !setsBack) wrong.add(`I2: the clock went back from ${iso(before)} to ${iso(clock)}`);
    before = clock;
  }
  return [...wrong].slice(0, 5);
}

function outcomeWrong({ outcome, reference }: Evidence): string[] {
  if (!outcome) return [];
  const wrong: string[] = [];
  const expect = (what: string, was: unknown, expected: unknown): void => {
    if (JSON.stringify(was) !== JSON.stringify(expected)) {
      wrong.push(`${what}: expected ${JSON.stringify(expected)}, was ${JSON.stringify(was)}`);
    }
  };
  expect('I1 digest', outcome.digest, reference.digest);
  expect('counts', outcome.counts, reference.counts);
  outcome.metrics.forEach((metrics, i) => expect(`metrics of ${metrics.symbol}`, metrics, reference.metrics[i]));
  for (const { expected, filled, noTrade, unfillable, absent, missing } of [outcome.counts, ...outcome.metrics]) {
    expect('I6 sum of the counts', filled + noTrade + unfillable + absent + missing, expected);
  }
  expect('delivered', outcome.consumers.map(delivered), reference.consumers.map(delivered));
  return wrong;
}

function delivered({ name, steps, bars, deliveredHash }: Consumer): unknown {
  return { name, steps, bars, deliveredHash };
}

const iso = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : String(ms));
