/**
 * The repositories that backfill asks, by name: those of the user's module (`BARKEEP_REPOSITORIES`) first, then the
 * datasets in Postgres. Each answer is bounded in time.
 */
import { barSourceOf, type BarSource } from '@barkeep/bar-repository';
import type { DataSource } from 'typeorm';

export class Repositories {
  private readonly sources = new Map<string, BarSource>();

  /**
   * @param own the user's repositories by name, in any of the three forms
   * @param warn is told of a repository that is none of them; its dataset is then looked for in Postgres
   */
  constructor(
    private readonly dataSource: DataSource,
    own: ReadonlyMap<string, unknown>,
    warn: (message: string) => void,
  ) {
    for (const [name, repository] of own) {
      const source = barSourceOf(name, repository);
      if (source) this.sources.set(name, source);
      else warn(`repository ${name}: expected getBarsBySymbol, getBars or a TypeORM DataSource; it is not used`);
    }
  }

  source(name: string): BarSource {
    let source = this.sources.get(name);
    if (!source) {
      source = barSourceOf(name, this.dataSource)!;
      this.sources.set(name, source);
    }
    return source;
  }
}
