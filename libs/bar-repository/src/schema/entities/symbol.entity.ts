import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** The name and number of a symbol, shared by all datasets. Bars carry the number. */
@Entity('symbols')
@Unique('symbols_name_key', ['name'])
export class SymbolEntity {
  @PrimaryGeneratedColumn('identity', { type: 'integer', primaryKeyConstraintName: 'symbols_pkey' })
  id!: number;

  @Column({ type: 'text' })
  name!: string;
}
