import { Check, Column, Entity, Generated, Index, PrimaryColumn, Unique } from 'typeorm';
import type { Membership } from '@barkeep/bars';
import type { SessionCheckpoint, SessionState } from '../../sessions/index.js';

/** A session as Postgres keeps it: what was asked for, how far it is, and who may write it. */
@Entity('sessions')
@Unique('sessions_idempotency_key_key', ['idempotencyKey'])
@Index('sessions_created_at_id', ['createdAt', 'id'])
@Check(
  'sessions_state_check',
  `state IN ('created', 'running', 'paused', 'waiting-upkeep', 'completed', 'stopped', 'failed', 'lost')`,
)
export class SessionEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'sessions_pkey' })
  id!: string;

  /** Differs between two sessions that had the same id one after the other. */
  @Column({ type: 'uuid' })
  @Generated('uuid')
  incarnation!: string;

  @Column({ type: 'jsonb' })
  spec!: unknown;

  /** Trading days before its first one that the session has, worked out when it was created. */
  @Column({ type: 'integer', name: 'history_days', default: 0 })
  historyDays!: number;

  /** What changed of the spec's symbols since. */
  @Column({ type: 'jsonb', nullable: true })
  membership!: Membership | null;

  @Column({ type: 'text', default: 'created' })
  state!: SessionState;

  /** The fence: whoever streams the session holds the highest epoch. */
  @Column({ type: 'integer', default: 0 })
  epoch!: number;

  /** How often the session was started. */
  @Column({ type: 'integer', default: 0 })
  run!: number;

  @Column({ type: 'text', nullable: true })
  owner!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  checkpoint!: SessionCheckpoint | null;

  @Column({ type: 'text', nullable: true })
  error!: string | null;

  @Column({ type: 'text', name: 'idempotency_key', nullable: true })
  idempotencyKey!: string | null;

  /** The key prefix of the coordinators that it belongs to; null: of whichever find it. */
  @Column({ type: 'text', nullable: true })
  deployment!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => `date_trunc('milliseconds', now())` })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column({ type: 'timestamptz', name: 'completed_at', nullable: true })
  completedAt!: Date | null;

  /** What its days held when it was complete; kept beyond its store. */
  @Column({ type: 'jsonb', nullable: true })
  certificate!: object | null;

  @Column({ type: 'timestamptz', name: 'certified_at', nullable: true })
  certifiedAt!: Date | null;
}
