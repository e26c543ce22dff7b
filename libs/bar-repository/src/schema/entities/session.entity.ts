import { Check, Column, Entity, Generated, Index, PrimaryColumn, Unique } from 'typeorm';
import type { Membership } from '@barkeep/bars';
import type { SessionCheckpoint, SessionState } from '../../sessions/index.js';

/** The row of a session: its spec, state, owner and checkpoint. */
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

  /** Distinguishes sessions that had the same id one after another. */
  @Column({ type: 'uuid' })
  @Generated('uuid')
  incarnation!: string;

  @Column({ type: 'jsonb' })
  spec!: unknown;

  /** Number of history days before the first trading day, computed when the session was created. */
  @Column({ type: 'integer', name: 'history_days', default: 0 })
  historyDays!: number;

  /** The trading days that the session was created with (`encodeDays` of libs/bars); null: those of its calendar. */
  @Column({ type: 'text', nullable: true })
  days!: string | null;

  /** Changes of the spec's symbols since the session was created. */
  @Column({ type: 'jsonb', nullable: true })
  membership!: Membership | null;

  @Column({ type: 'text', default: 'created' })
  state!: SessionState;

  /** The fence: the current owner has the highest epoch. */
  @Column({ type: 'integer', default: 0 })
  epoch!: number;

  /** Number of starts. */
  @Column({ type: 'integer', name: 'starts', default: 0 })
  run!: number;

  /** Format of its store and jobs, see `SESSION_FORMAT`. */
  @Column({ type: 'integer' })
  format!: number;

  @Column({ type: 'text', nullable: true })
  owner!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  checkpoint!: SessionCheckpoint | null;

  @Column({ type: 'text', nullable: true })
  error!: string | null;

  @Column({ type: 'text', name: 'idempotency_key', nullable: true })
  idempotencyKey!: string | null;

  /** Key prefix of the coordinators that own the session; null: any coordinator. */
  @Column({ type: 'text', nullable: true })
  deployment!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => `date_trunc('milliseconds', now())` })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column({ type: 'timestamptz', name: 'completed_at', nullable: true })
  completedAt!: Date | null;

  /** The certificate of a completed session. It stays after the session's store is removed. */
  @Column({ type: 'jsonb', nullable: true })
  certificate!: object | null;

  @Column({ type: 'timestamptz', name: 'certified_at', nullable: true })
  certifiedAt!: Date | null;
}
