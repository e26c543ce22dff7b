import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * A bar that was refused, with the reason. `incarnation` is null for a bar that an import refused.
 * The unique index over everything that tells two rows apart (in the migration: TypeORM cannot express it) makes a repeat write nothing.
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

  /** The record as it came, shortened to 1,000 characters. */
  @Column({ type: 'text', nullable: true })
  raw!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
