import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One or several merged changes of a dataset's rows. The XOR of a dataset's stamps is its version. */
@Entity('dataset_changes')
@Index('dataset_changes_dataset_id', ['datasetId'])
export class DatasetChangeEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', primaryKeyConstraintName: 'dataset_changes_pkey' })
  id!: string;

  @Column({ type: 'smallint', name: 'dataset_id' })
  datasetId!: number;

  /** A random number. */
  @Column({ type: 'bigint' })
  stamp!: string;
}
