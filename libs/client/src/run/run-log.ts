/** Lines for the log of a run about what would otherwise go unnoticed: waits that another process causes, and bars that were not stored. */
import type { FeedResult } from '../feed/index.js';
import type { SessionStatus } from '../http/index.js';
import { pause } from '../pause.js';

/** Time between two looks at the session, ms. A wait is logged when two looks in a row find it. */
const LOOK_EVERY_MS = 5_000;
/** The kinds of waits that are logged, and in words what each waits for. Other kinds are normal: a run waits for its bars and its pace. */
const LOGGED_WAITS: ReadonlyMap<string, string> = new Map([
  ['repository', 'a repository'],
  ['server', 'a server'],
  ['worker', 'a worker'],
  ['consumers', 'other consumers'],
]);

/**
 * Logs each wait of a session for a repository, a server, a worker or a consumer that has not joined, once, until the signal is aborted.
 * Without such a line a run whose repository always fails would look as if it stood still.
 * @param look reads the session, in the operator's view if possible
 */
export async function logWaits(
  look: () => Promise<SessionStatus>,
  log: (line: string) => void,
  signal: AbortSignal,
  everyMs = LOOK_EVERY_MS,
): Promise<void> {
  const logged = new Set<string>();
  let previous: string | undefined;
  while (await passes(everyMs, signal)) {
    const status = await look().catch(() => undefined); // the calls of the run report an outage
    const wait = status?.waitingFor;
    const isLogged = wait && LOGGED_WAITS.has(wait.kind) && !isForOwnSteps(status);
    const name = isLogged ? `${wait.kind} ${wait.what.join()}` : undefined;
    if (wait && name !== undefined && name === previous && !logged.has(name)) {
      logged.add(name);
      log(`session ${status.id}: ${wait.detail || `waiting for ${LOGGED_WAITS.get(wait.kind)}`}`); // a strategy's view has no detail
    }
    previous = name;
  }
}

/** Whether the session waits for steps of consumers that have joined, and not for a consumer that has not (see `pace.consumers`). */
function isForOwnSteps({ waitingFor, spec: { pace }, consumers }: SessionStatus): boolean {
  const lacksConsumers = pace.mode === 'lockstep' && consumers.length < pace.consumers;
  return waitingFor?.kind === 'consumers' && !lacksConsumers;
}

/** Waits. @returns false when the signal is aborted */
async function passes(ms: number, signal: AbortSignal): Promise<boolean> {
  await pause(ms, signal).catch(() => undefined);
  return !signal.aborted;
}

/** Says how many fed bars came too late for the steps of their time; undefined when none did. */
export function lateText(fed: ReadonlyMap<string, FeedResult>): string | undefined {
  const sum = (field: 'late' | 'sent') => [...fed.values()].reduce((total, result) => total + result[field], 0);
  const late = sum('late');
  if (late === 0) return undefined;
  return `${late} of ${sum('sent')} bars came after the session had passed their time: the steps may lack them`;
}

/** Says how many fed bars were not stored, and why; undefined when all were. */
export function notStoredText(fed: ReadonlyMap<string, FeedResult>): string | undefined {
  const reasons = new Map<string, number>();
  let [sent, notStored] = [0, 0];
  let example = '';
  for (const [symbol, { sent: sentOfSymbol, conflicts, refused, problems }] of fed) {
    sent += sentOfSymbol;
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
