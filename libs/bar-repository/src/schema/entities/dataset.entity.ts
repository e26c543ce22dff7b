import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** One named origin of bars: a vendor, a feed, a repaired copy. */
@Entity('datasets')
@Unique('datasets_name_key', ['name'])
export class DatasetEntity {
  @PrimaryGeneratedColumn('identity', { type: 'smallint', primaryKeyConstraintName: 'datasets_pkey' })
  id!: number;

  @Column({ type: 'text' })
  name!: string;

  /** How often days of it were packed: who packs raises it, and so holds the row against whoever writes bars. */
  @Column({ type: 'integer', default: 0 })
  packings!: number;
}
