import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The day chunk of one symbol in a dataset, ready for a session store, or the note that the day has no chunk. The key contains
 * the grid and not the calendar's name, because a changed calendar has other grids.
 */
@Entity('packed_days')
@Check('packed_days_length', `close > open AND close <= open + interval '48 hours'`)
export class PackedDayEntity {
  @PrimaryColumn({ type: 'smallint', name: 'dataset_id', primaryKeyConstraintName: 'packed_days_pkey' })
  datasetId!: number;

  @PrimaryColumn({ type: 'integer', name: 'symbol_id', primaryKeyConstraintName: 'packed_days_pkey' })
  symbolId!: number;

  /** Open of the day's first segment. */
  @PrimaryColumn({ type: 'timestamptz', primaryKeyConstraintName: 'packed_days_pkey' })
  open!: Date;

  /** Interval and segments of the day, made by `gridKey`. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'packed_days_pkey' })
  grid!: string;

  /** Close of the day's last segment. */
  @Column({ type: 'timestamptz' })
  close!: Date;

  /** Number of bars in the chunk. */
  @Column({ type: 'integer' })
  bars!: number;

  /** Number of rows that a session refuses. Sessions read a day with refused rows from its rows, and quarantine those. */
  @Column({ type: 'integer' })
  refused!: number;

  /** Null when the day has no bars, or has refused rows. */
  @Column({ type: 'bytea', nullable: true })
  chunk!: Buffer | null;
}
