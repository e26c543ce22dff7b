/** The TypeORM entities of all tables. Only migrations create tables. */
import { BarEntity } from './bar.entity.js';
import { CompleteDayEntity } from './complete-day.entity.js';
import { DatasetChangeEntity } from './dataset-change.entity.js';
import { DatasetEntity } from './dataset.entity.js';
import { PackedDayEntity } from './packed-day.entity.js';
import { QuarantinedBarEntity } from './quarantined-bar.entity.js';
import { RemovedSessionEntity } from './removed-session.entity.js';
import { SessionEntity } from './session.entity.js';
import { SymbolEntity } from './symbol.entity.js';

export {
  BarEntity,
  CompleteDayEntity,
  DatasetChangeEntity,
  DatasetEntity,
  PackedDayEntity,
  QuarantinedBarEntity,
  RemovedSessionEntity,
  SessionEntity,
  SymbolEntity,
};

/** All entities, for the options of a `DataSource`. */
export const ENTITIES = [
  DatasetEntity,
  SymbolEntity,
  BarEntity,
  SessionEntity,
  QuarantinedBarEntity,
  RemovedSessionEntity,
  CompleteDayEntity,
  DatasetChangeEntity,
  PackedDayEntity,
] as const;
