/** What the steps of a backfill job share: the parts of the worker, and the day that the job fills. */
import type { DayGrid } from '@barkeep/bars';
import type { UpkeepStore } from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import type { Repositories } from './repositories.js';
import type { WorkParts } from './upkeep-sessions.js';

export interface BackfillParts extends WorkParts {
  repositories: Repositories;
  dataSource: DataSource;
  redis: Redis;
  /** First delay after a failure, ms. It doubles with each failure; a random part of up to half is subtracted. */
  backoffMs: number;
  repositoryTimeoutMs: number;
  /** How often a repository may fail during one job before `onFailure` decides. */
  attempts: number;
}

/** One run of a job: a day of a partition, and what ends the run. */
export interface DayJob {
  store: UpkeepStore;
  payload: Payload<'backfill'>;
  /** The symbols that the job is limited to; undefined for no limit. */
  symbols: string[] | undefined;
  day: number;
  grid: DayGrid;
  signal: AbortSignal | undefined;
  /** What a failure in this attempt leads to: `wait` before the last attempt; in the last one, what the session's spec says. */
  onFailure: 'wait' | 'continue' | 'fail';
}
