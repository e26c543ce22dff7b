import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** The name of a symbol, once for all datasets; bars carry its number. */
@Entity('symbols')
@Unique('symbols_name_key', ['name'])
export class SymbolEntity {
  @PrimaryGeneratedColumn('identity', { type: 'integer', primaryKeyConstraintName: 'symbols_pkey' })
  id!: number;

  @Column({ type: 'text' })
  name!: string;
}
