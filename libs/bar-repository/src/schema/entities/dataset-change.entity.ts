import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One statement that changed rows of a dataset, or several made one; the XOR of a dataset's stamps is its version. */
@Entity('dataset_changes')
@Index('dataset_changes_dataset_id', ['datasetId'])
export class DatasetChangeEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', primaryKeyConstraintName: 'dataset_changes_pkey' })
  id!: string;

  @Column({ type: 'smallint', name: 'dataset_id' })
  datasetId!: number;

  /** Random. */
  @Column({ type: 'bigint' })
  stamp!: string;
}
