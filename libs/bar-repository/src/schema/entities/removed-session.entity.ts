import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A session that was removed. Kept for a month: a Redis server may bring its keys back with older data. */
@Entity('removed_sessions')
@Index('removed_sessions_id', ['id'])
export class RemovedSessionEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'removed_sessions_pkey' })
  incarnation!: string;

  @Column({ type: 'text' })
  id!: string;

  @Column({ type: 'timestamptz', name: 'removed_at', default: () => 'now()' })
  removedAt!: Date;
}
