/** Lines for the log of a run about what would otherwise go unnoticed: waits that another process causes, and bars that were not stored. */
import type { FeedResult } from '../feed/index.js';
import type { SessionStatus } from '../http/index.js';
import { pause } from '../pause.js';

type Wait = NonNullable<SessionStatus['waitingFor']>;

/** Time between two looks at the session, ms. A wait is logged when two looks in a row find it. */
const LOOK_EVERY_MS = 5_000;
/** The kinds of waits that are logged, and in words what each waits for. Other kinds are normal, such as a wait for the pace. */
const LOGGED_WAITS: Readonly<Record<string, string>> = {
  repository: 'a repository',
  server: 'a server',
  worker: 'a worker',
  consumers: 'other consumers',
  feed: 'fed bars',
};

/**
 * Logs each wait of a session that the run itself does not cause, once, until the signal is aborted. Without such a line a run whose
 * repository always fails would look as if it stood still.
 * @param look reads the session, in the operator's view if possible
 * @param isFed whether the run has fed all bars and ended all streams
 */
export async function logWaits(
  look: () => Promise<SessionStatus>,
  isFed: () => boolean,
  log: (line: string) => void,
  signal: AbortSignal,
  everyMs = LOOK_EVERY_MS,
): Promise<void> {
  const logged = new Set<string>();
  let previous: string | undefined;
  for (;;) {
    await pause(everyMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    const status = await look().catch(() => undefined); // the calls of the run report an outage
    const wait = status && unusualWait(status, isFed());
    const name = wait && `${wait.kind} ${wait.what.join()}`;
    if (wait && name !== undefined && name === previous && !logged.has(name)) {
      logged.add(name);
      log(`session ${status.id}: ${textOf(wait)}`);
    }
    previous = name;
  }
}

/**
 * What a session waits for, if the wait is to be logged. Two waits that the run itself ends are not: the wait for bars that it has not fed
 * yet, and the wait for consumers when all have joined, because then a consumer only has to take its next step.
 */
function unusualWait({ waitingFor, spec: { pace }, consumers }: SessionStatus, isFed: boolean): Wait | undefined {
  if (!waitingFor || !(waitingFor.kind in LOGGED_WAITS)) return undefined;
  const lacksConsumers = pace.mode === 'lockstep' && consumers.length < pace.consumers; // not all have joined
  if (waitingFor.kind === 'consumers' && !lacksConsumers) return undefined;
  return waitingFor.kind === 'feed' && !isFed ? undefined : waitingFor;
}

function textOf({ kind, detail }: Wait): string {
  const text = detail || `waiting for ${LOGGED_WAITS[kind]}`; // a strategy's view has no detail
  const advice = 'all were sent, so the session Redis may have lost some: end this run and start it again';
  return kind === 'feed' ? `${text}; ${advice}` : text;
}

/** Says how many fed bars came too late for the steps of their time; undefined when none did. */
export function lateText(fed: ReadonlyMap<string, FeedResult>): string | undefined {
  const sum = (field: 'late' | 'sent') => [...fed.values()].reduce((total, result) => total + result[field], 0);
  const late = sum('late');
  if (late === 0) return undefined;
  return `${late} of ${sum('sent')} bars came after the session had passed their time: the steps may lack them`;
}

/**
 * Says how many fed bars were not stored, why, and one of them as an example, such as
 * `392 of 1170 bars were not stored: malformed 390, conflict 2 (BBB openTime: expected a time, was 1709562600)`. Undefined when all were
 * stored.
 */
export function notStoredText(fed: ReadonlyMap<string, FeedResult>): string | undefined {
  const reasons = new Map<string, number>();
  let [sent, notStored] = [0, 0];
  let example = '';
  for (const [symbol, { sent: sentOfSymbol, conflicts, refused, problems }] of fed) {
    sent += sentOfSymbol;
    // A conflict is a bar that differs from the stored one. It is not stored either.
    for (const [reason, bars] of [...Object.entries(refused), ['conflict', conflicts] as const]) {
      if (bars === 0) continue;
      reasons.set(reason, (reasons.get(reason) ?? 0) + bars);
      notStored += bars;
    }
    const [problem] = problems;
    if (problem && example === '')
      example = ` (${[symbol, problem.openTime, problem.detail].filter(Boolean).join(' ')})`;
  }
  if (notStored === 0) return undefined;
  const counts = [...reasons].map(([reason, bars]) => `${reason} ${bars}`).join(', ');
  return `${notStored} of ${sent} bars were not stored: ${counts}${example}`;
}
