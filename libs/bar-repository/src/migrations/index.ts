import { AddCertificates1763800000000 } from './add-certificates.js';
import { CreateTables1763700000000 } from './create-tables.js';
import { SessionDeployments1763900000000 } from './session-deployments.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [
  CreateTables1763700000000,
  AddCertificates1763800000000,
  SessionDeployments1763900000000,
] as const;
