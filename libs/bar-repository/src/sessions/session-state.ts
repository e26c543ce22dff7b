/** The states of a session and the fields of its row. Types that the entity and the repository share. */
import type { Membership, SessionState } from '@barkeep/bars';

export { SESSION_STATES, type SessionState } from '@barkeep/bars';

/** States in which a coordinator should stream the session. The reconciler watches these, and only these can be claimed. */
export const ACTIVE_STATES = ['running', 'waiting-upkeep'] as const satisfies readonly SessionState[];

/** States in which a session does not change any more. A row in one of them has a `completedAt`. */
export const ENDED_STATES = ['completed', 'stopped', 'failed', 'lost'] as const satisfies readonly SessionState[];

/** How far a session is durably written, both epoch ms. */
export interface SessionCheckpoint {
  frontier: number;
  clock: number;
}

/** The row of a session. The repository reads only `retentionHours` and what `hasSimilarSession` compares from the spec. */
export interface SessionRow<Spec = unknown> {
  id: string;
  /** Unique for each session, even when an id is used again. */
  incarnation: string;
  spec: Spec;
  /** Number of history days. Computed when the session is created, so later data does not change it. */
  historyDays: number;
  /** The trading days that it was created with (`encodeDays`), history first; null: those that its calendar has now. */
  days: string | null;
  /** Changes of its symbols since it was created; null when there are none. */
  membership: Membership | null;
  state: SessionState;
  /** The fence. Each claim raises it. */
  epoch: number;
  /** Number of starts. */
  run: number;
  owner: string | null;
  checkpoint: SessionCheckpoint | null;
  error: string | null;
  idempotencyKey: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** When the session reached an ended state; null before. */
  completedAt: Date | null;
}
