import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A stored bar. `time` is the open time.
 *
 * The two narrow columns come first and share one 8-byte word, so a row has 56 bytes of data, two of them padding.
 * There are no foreign keys, because their triggers would cost more than the rows in a bulk import.
 */
@Entity('bars')
export class BarEntity {
  @PrimaryColumn({ type: 'integer', name: 'symbol_id', primaryKeyConstraintName: 'bars_pkey' })
  symbolId!: number;

  @PrimaryColumn({ type: 'smallint', name: 'dataset_id', primaryKeyConstraintName: 'bars_pkey' })
  datasetId!: number;

  @PrimaryColumn({ type: 'timestamptz', primaryKeyConstraintName: 'bars_pkey' })
  time!: Date;

  @Column({ type: 'double precision' })
  open!: number;

  @Column({ type: 'double precision' })
  high!: number;

  @Column({ type: 'double precision' })
  low!: number;

  @Column({ type: 'double precision' })
  close!: number;

  @Column({ type: 'double precision' })
  volume!: number;
}
