/** What a run asks for, worked out: the session's spec, and where its bars come from. Pure. */
import { randomBytes } from 'node:crypto';
import type { BarsBySymbolRepository, BarsRepository } from '@barkeep/bar-repository';
import type { SpecInput } from '../spec-input.js';

/** Name under which a repository of the user's is asked when the spec names none. */
export const REPOSITORY_NAME = 'repository';

/** A spec of which `runBacktest` fills in the `source` when bars are given, and `pace` and `backfill` when they are left out. */
export interface RunSpec extends Omit<SpecInput, 'source'> {
  /** A dataset; a feed when bars are given. */
  source?: SpecInput['source'];
}

/** Where missing bars are asked for, in one of its three forms; the first is a TypeORM `DataSource` or `EntityManager`. */
export type RunRepository = TypeOrmConnection | BarsBySymbolRepository | BarsRepository;

/** What a TypeORM `DataSource` and an `EntityManager` have in common. */
export interface TypeOrmConnection {
  /** Runs a statement. */
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

/** The options of a run do not go together. */
export class RunOptionsError extends Error {
  override readonly name = 'RunOptionsError';
}

/** What a run does, with nothing left open. */
export interface RunPlan {
  spec: SpecInput & { id: string };
  /** Names under which the user's repository is asked. */
  repositoryNames: readonly string[];
  /** Whether any bars come from datasets in Postgres. */
  needsDatasets: boolean;
}

/**
 * @param given what else the run was given
 * @throws RunOptionsError
 */
export function planRun(spec: RunSpec, given: { bars: boolean; repository: boolean }): RunPlan {
  const source = sourceOf(spec, given.bars);
  const asked = spec.backfill ?? [];
  const backfill = given.repository && asked.length === 0 ? [REPOSITORY_NAME] : asked;
  // One of several names may be the repository's; when none is, it answers to all of them.
  const own = backfill.includes(REPOSITORY_NAME) ? [REPOSITORY_NAME] : backfill;
  const repositoryNames = given.repository ? own : [];
  const isElsewhere = (name: string): boolean => !repositoryNames.includes(name);
  return {
    spec: {
      ...spec,
      id: spec.id ?? `run-${randomBytes(6).toString('hex')}`,
      source,
      backfill,
      pace: spec.pace ?? { mode: 'lockstep' },
    },
    repositoryNames,
    needsDatasets: source.type === 'dataset' || backfill.some(isElsewhere),
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
