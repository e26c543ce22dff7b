import { Entity, PrimaryColumn } from 'typeorm';

/** "This dataset holds all there is of this symbol on this trading date": a slot that stays empty had no trade. */
@Entity('complete_days')
export class CompleteDayEntity {
  @PrimaryColumn({ type: 'smallint', name: 'dataset_id', primaryKeyConstraintName: 'complete_days_pkey' })
  datasetId!: number;

  @PrimaryColumn({ type: 'integer', name: 'symbol_id', primaryKeyConstraintName: 'complete_days_pkey' })
  symbolId!: number;

  /** `YYYY-MM-DD`. */
  @PrimaryColumn({ type: 'date', primaryKeyConstraintName: 'complete_days_pkey' })
  date!: string;
}
