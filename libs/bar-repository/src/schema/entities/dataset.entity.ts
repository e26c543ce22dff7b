import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A named set of bars: a vendor's, a feed's, or a repaired copy. */
@Entity('datasets')
@Unique('datasets_name_key', ['name'])
export class DatasetEntity {
  @PrimaryGeneratedColumn('identity', { type: 'smallint', primaryKeyConstraintName: 'datasets_pkey' })
  id!: number;

  @Column({ type: 'text' })
  name!: string;

  /** Number of pack batches. Packing raises it, which locks the row against writers of bars until the commit. */
  @Column({ type: 'integer', default: 0 })
  packings!: number;

  /** Some bars may have negative prices. */
  @Column({ type: 'boolean', name: 'any_prices', default: false })
  anyPrices!: boolean;

  /** Some files had no volume: their bars have volume 0. */
  @Column({ type: 'boolean', name: 'without_volume', default: false })
  withoutVolume!: boolean;
}
