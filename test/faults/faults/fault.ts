/** What a fault is: its name, the kinds of sessions that it suits, the loss of data that it may cause, and its actions. */
import type { Kind } from '../kinds.js';
import type { Lab } from '../lab/lab.js';
import type { SessionUnderTest } from '../session.js';

/** The part of a fault that is known before a lab exists. */
export interface FaultInfo {
  name: string;
  /** Whether it makes sense for a kind of session. */
  suits(kind: Kind): boolean;
  /** True for a fault that only `--only` chooses, so that the seeds of docs/reliability.md keep their schedules. */
  isByName?: boolean;
}

/** Where a fault happens. */
export interface Scene {
  lab: Lab;
  session: SessionUnderTest;
  /** How long it lasts, ms. */
  forMs: number;
  /** A number in [0, 1) that chooses among targets. */
  pick: number;
}

export interface Fault extends FaultInfo {
  /** True when the session store may lose or take back data: the clock may then go back, and the session may be lost. */
  setsBack?: boolean;
  /** Causes the fault and ends it. Resolves when every part of the system can run again. */
  run(scene: Scene): Promise<void>;
}

/** The item at the share `pick` of the list. @param items at least one @param pick a number in [0, 1) */
export function pickOf<T>(items: readonly T[], pick: number): T {
  return items[Math.floor(pick * items.length)]!;
}

export const anyKind = (): boolean => true;
