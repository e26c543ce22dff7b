import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * A refused bar with its reason. `incarnation` is null for a bar that an import refused.
 * A unique index over its fields makes repeated writes harmless. The migration creates it, because TypeORM cannot express it.
 */
@Entity('quarantined_bars')
@Index('quarantined_bars_once', { synchronize: false })
export class QuarantinedBarEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', primaryKeyConstraintName: 'quarantined_bars_pkey' })
  id!: string;

  @Column({ type: 'uuid', nullable: true })
  incarnation!: string | null;

  @Column({ type: 'text' })
  dataset!: string;

  @Column({ type: 'text' })
  symbol!: string;

  @Column({ type: 'timestamptz', nullable: true })
  time!: Date | null;

  @Column({ type: 'double precision', nullable: true })
  open!: number | null;

  @Column({ type: 'double precision', nullable: true })
  high!: number | null;

  @Column({ type: 'double precision', nullable: true })
  low!: number | null;

  @Column({ type: 'double precision', nullable: true })
  close!: number | null;

  @Column({ type: 'double precision', nullable: true })
  volume!: number | null;

  @Column({ type: 'text' })
  reason!: string;

  /** The record as it arrived, cut to 1,000 characters. */
  @Column({ type: 'text', nullable: true })
  raw!: string | null;

  /** The trading day for which a repository answered the bar; null for a bar of the source. Not in the unique index. */
  @Column({ type: 'date', name: 'requested_date', nullable: true })
  requestedDate!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
