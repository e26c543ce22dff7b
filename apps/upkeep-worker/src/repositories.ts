/**
 * The repositories that backfill asks, by name: those of the user's module (`BARKEEP_REPOSITORIES`) first, then the
 * datasets in Postgres. Each answer is bounded in time.
 */
import { barSourceOf, type BarSource } from '@barkeep/bar-repository';
import type { DataSource } from 'typeorm';

export class Repositories {
  private readonly sources = new Map<string, BarSource | undefined>();

  /**
   * @param own the user's repositories by name, in any of the three forms
   * @param warn is told of a repository that is none of them; it is never asked
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

  /** The repository of a name, or undefined when what goes by it cannot be asked. */
  source(name: string): BarSource | undefined {
    if (!this.sources.has(name)) this.sources.set(name, barSourceOf(name, this.dataSource));
    return this.sources.get(name);
  }
}
