/** Completes the spec of a run and decides where its bars come from. Does no I/O. */
import { randomBytes } from 'node:crypto';
import type { BarsBySymbolRepository, BarsRepository } from '@barkeep/bar-repository';
import type { RepositoryLimits } from '@barkeep/session-data';
import type { SpecInput } from '../spec-input.js';

/** The name that stands for the user's repository in the spec's `backfill`. */
export const REPOSITORY_NAME = 'repository';

/**
 * How long the clock waits for the feed, s: the longest time that a spec allows. A run ends the stream of every symbol itself, so a shorter
 * time is not needed. With one, the clock could pass bars that are not sent yet: while the source pauses at its vendor's limit, or while a
 * step computes for a minute, which also stops the feed.
 */
const FEED_TIMEOUT_SECONDS = 86_400;

/**
 * A session spec with an optional `source`. `runBacktest` fills in `source` and `feed` when bars are given, and a missing `pace` or
 * `backfill`.
 */
export interface RunSpec extends Omit<SpecInput, 'source'> {
  /** A dataset, or a feed. @default a feed when bars are given */
  source?: SpecInput['source'];
}

/**
 * A source of missing bars: a TypeORM `DataSource` or `EntityManager` (both are a `TypeOrmConnection`), an object with
 * `getBarsBySymbol`, or one with `getBars`. Its `limit` works as for a repository in a module (docs/repositories.md).
 */
export type RunRepository = (TypeOrmConnection | BarsBySymbolRepository | BarsRepository) & {
  /** How often the repository may be asked. @default no limit */
  limit?: RepositoryLimits;
};

/** What a TypeORM `DataSource` and an `EntityManager` have in common. */
export interface TypeOrmConnection {
  /** Runs a statement. */
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

/** The options of a run contradict each other. */
export class RunOptionsError extends Error {
  override readonly name = 'RunOptionsError';
}

/** `runBacktest` had to start servers, but the package that contains them is not installed. */
export class LocalRunMissingError extends Error {
  override readonly name = 'LocalRunMissingError';
  constructor(cause: unknown) {
    const remedy = 'npm install @barkeep/cli, or set the option "coordinator" to the address of a running coordinator';
    super(`expected the package @barkeep/cli, which starts the servers of a run, was not installed: ${remedy}`, {
      cause,
    });
  }
}

/** The completed options of a run. */
export interface RunPlan {
  spec: SpecInput & { id: string };
  /** The names in the spec's `backfill` that stand for the user's repository; empty without one. */
  repositoryNames: readonly string[];
  /** Whether the run reads datasets in PostgreSQL. */
  needsDatasets: boolean;
}

/** Plans a run. @param given which of the options `bars` and `repository` are set @throws RunOptionsError */
export function planRun(spec: RunSpec, given: { bars: boolean; repository: boolean }): RunPlan {
  const source = sourceOf(spec, given.bars);
  const specBackfill = spec.backfill ?? [];
  const backfill = given.repository && specBackfill.length === 0 ? [REPOSITORY_NAME] : specBackfill;
  // The user's repository answers for every name in `backfill`. An exception: if `repository` is one of the names, it answers for this
  // name only, and the other names are datasets.
  const namesForRepository = backfill.includes(REPOSITORY_NAME) ? [REPOSITORY_NAME] : backfill;
  const repositoryNames = given.repository ? namesForRepository : [];
  const isDataset = (name: string): boolean => !repositoryNames.includes(name);
  return {
    spec: {
      ...spec,
      id: spec.id ?? `run-${randomBytes(6).toString('hex')}`,
      source,
      backfill,
      pace: spec.pace ?? { mode: 'lockstep' },
      ...(source.type === 'feed' && { feed: { timeoutSeconds: FEED_TIMEOUT_SECONDS, ...spec.feed } }),
    },
    repositoryNames,
    needsDatasets: source.type === 'dataset' || backfill.some(isDataset),
  };
}

function sourceOf({ source }: RunSpec, hasBars: boolean): SpecInput['source'] {
  if (hasBars && source?.type === 'dataset') {
    throw new RunOptionsError('expected bars or a spec that names a dataset as its source, was both');
  }
  if (hasBars) return source ?? { type: 'feed' };
  if (source?.type === 'dataset') return source;
  throw new RunOptionsError('expected bars, or a spec that names a dataset as its source, was neither');
}
