import { AddCertificates1763800000000 } from './add-certificates.js';
import { CoverBars1763769700000 } from './cover-bars.js';
import { CreateTables1763700000000 } from './create-tables.js';
import { DatasetValues1764000000000 } from './dataset-values.js';
import { PackDays1763769600000 } from './pack-days.js';
import { RefusedDays1764400000000 } from './refused-days.js';
import { RemovedSessions1764100000000 } from './removed-sessions.js';
import { SessionDays1764200000000 } from './session-days.js';
import { SessionDeployments1763900000000 } from './session-deployments.js';
import { SessionFormats1764300000000 } from './session-formats.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [
  CreateTables1763700000000,
  PackDays1763769600000,
  CoverBars1763769700000,
  AddCertificates1763800000000,
  SessionDeployments1763900000000,
  DatasetValues1764000000000,
  RemovedSessions1764100000000,
  SessionDays1764200000000,
  SessionFormats1764300000000,
  RefusedDays1764400000000,
] as const;
