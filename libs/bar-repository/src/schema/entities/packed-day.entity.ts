import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The day chunk of one symbol's rows in a dataset, ready for a session store; or the word that there is none. It is of a grid, not of
 * a calendar's name: a calendar that is changed has other grids.
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

  /** Interval and segments: what `gridKey` makes of the day. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'packed_days_pkey' })
  grid!: string;

  /** Close of the day's last segment. */
  @Column({ type: 'timestamptz' })
  close!: Date;

  /** Number of bars in the chunk. */
  @Column({ type: 'integer' })
  bars!: number;

  /** Rows that a session refuses: a day with some is always read from its rows, which go to quarantine. */
  @Column({ type: 'integer' })
  refused!: number;

  /** Null when there are no bars, or refused ones. */
  @Column({ type: 'bytea', nullable: true })
  chunk!: Buffer | null;
}
