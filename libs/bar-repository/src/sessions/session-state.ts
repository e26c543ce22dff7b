/** The states of a session and what its row carries; pure types, shared by the entity and the repository. */
import type { Membership } from '@barkeep/bars';

/** Every state, in the order in which a session usually meets them. */
export const SESSION_STATES = [
  'created',
  'running',
  'paused',
  'waiting-upkeep',
  'completed',
  'stopped',
  'failed',
  'lost',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** States in which somebody should be working on the session: what a reconciler looks after and {@link SessionState} a claim needs. */
export const ACTIVE_STATES = ['running', 'waiting-upkeep'] as const satisfies readonly SessionState[];

/** States in which nothing moves any more; a row in one of them has a `completedAt`. */
export const ENDED_STATES = ['completed', 'stopped', 'failed', 'lost'] as const satisfies readonly SessionState[];

/** How far a session was durably written: both epoch ms. */
export interface SessionCheckpoint {
  frontier: number;
  clock: number;
}

/** A session as the repository hands it out. `Spec` is what was stored: the repository never looks into it, but for `retentionHours`. */
export interface SessionRow<Spec = unknown> {
  id: string;
  /** New for each session, also when an id is used again. */
  incarnation: string;
  spec: Spec;
  /** Trading days before its first one, worked out when it was created: data that comes later changes nothing. */
  historyDays: number;
  /** What changed of its symbols since; null when nothing did. */
  membership: Membership | null;
  state: SessionState;
  /** The fence: raised by each claim. */
  epoch: number;
  /** Times the session was started. */
  run: number;
  owner: string | null;
  checkpoint: SessionCheckpoint | null;
  error: string | null;
  idempotencyKey: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** When it reached an ended state; null while it has not. */
  completedAt: Date | null;
}
