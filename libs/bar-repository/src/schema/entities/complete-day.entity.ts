import { Entity, PrimaryColumn } from 'typeorm';

/** Declares a dataset complete for a symbol on a trading date: an empty slot means that there was no trade. */
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
