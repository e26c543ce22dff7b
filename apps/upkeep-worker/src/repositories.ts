/**
 * Finds repositories by name: first those of the user's module (`BARKEEP_REPOSITORIES`), then the datasets in PostgreSQL.
 */
import { barSourceOf, type BarSource } from '@barkeep/bar-repository';
import type { DataSource } from 'typeorm';

export class Repositories {
  private readonly sources = new Map<string, BarSource | undefined>();

  /**
   * @param own the user's repositories by name, in any of the three forms
   * @param warn called for an entry that has none of the three forms; it is never asked
   */
  constructor(
    private readonly dataSource: DataSource,
    own: ReadonlyMap<string, unknown>,
    warn: (message: string) => void,
  ) {
    for (const [name, repository] of own) {
      const source = barSourceOf(name, repository);
      this.sources.set(name, source);
      if (!source)
        warn(`repository ${name}: expected getBarsBySymbol, getBars or a TypeORM DataSource; it is not used`);
    }
  }

  /** The repository with this name, or undefined when the user's module has an entry of that name that is no repository. */
  source(name: string): BarSource | undefined {
    if (!this.sources.has(name)) this.sources.set(name, barSourceOf(name, this.dataSource));
    return this.sources.get(name);
  }
}
