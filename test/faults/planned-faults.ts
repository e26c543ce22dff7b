/** Causes the planned faults of a schedule, and measures how long the session took to progress after each. */
import { setTimeout as delay } from 'node:timers/promises';
import { faultNamed } from './faults/index.js';
import type { Journal } from './journal.js';
import type { PlannedFault } from './schedule.js';
import type { SessionUnderTest } from './session.js';

/** Faults whose names begin with the same of these prefixes act on the same resource, so they happen one after another. */
const RESOURCES = ['session-redis', 'queue-redis', 'postgres', 'coordinator', 'worker', 'consumer', 'call', 'clock'];
/** Faults whose recovery is measured from their beginning, when a process ends. That of all others is measured from their end. */
const FROM_START = /^(coordinator|worker|consumer)-(kill|term)$/;

/** When a fault was active, epoch ms of real time. */
interface Span {
  name: string;
  from: number;
  to: number;
}

/** How long a session took to progress after a fault, real ms. */
export interface Recovery {
  fault: string;
  ms: number;
}

/** Causes each fault at its time, or later when another fault of the same resource still runs. @returns when each ran */
export async function causeFaults(
  planned: readonly PlannedFault[],
  session: SessionUnderTest,
  journal: Journal,
): Promise<Span[]> {
  const startedAt = Date.now();
  /** The last fault of each resource so far. */
  const lastOf = new Map<string, Promise<void>>();
  const spans: Span[] = [];
  const cause = async ({ name, forMs, pick }: PlannedFault): Promise<void> => {
    const span = { name, from: Date.now(), to: Infinity };
    spans.push(span);
    journal.note(`${name} begins`);
    await journal.attempt(() => faultNamed(name).run({ lab: session.lab, session, forMs, pick }));
    span.to = Date.now();
    journal.note(`${name} ends`);
  };
  const all = planned.map(async (fault) => {
    await delay(Math.max(0, startedAt + fault.atMs - Date.now()));
    const resource = resourceOf(fault.name);
    const next = (lastOf.get(resource) ?? Promise.resolve()).then(() => cause(fault));
    lastOf.set(resource, next);
    await next;
  });
  await Promise.all(all);
  return spans;
}

function resourceOf(fault: string): string {
  return RESOURCES.find((prefix) => fault.startsWith(prefix)) ?? fault.split('-')[0]!;
}

/**
 * How long the session took to progress after each fault. A fault is left out when another one was active in that time: then it is unknown
 * from which of them the session recovered. @param progress times at which the session progressed, epoch ms of real time
 */
export function recoveriesOf(spans: readonly Span[], progress: readonly number[]): Recovery[] {
  return spans.flatMap((span) => {
    const from = FROM_START.test(span.name) ? span.from : span.to;
    const next = progress.find((at) => at > from);
    if (next === undefined) return [];
    const isAlone = spans.every((other) => other === span || other.to <= from || other.from >= next);
    return isAlone ? [{ fault: span.name, ms: next - from }] : [];
  });
}
