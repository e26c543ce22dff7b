import { CreateTables1763700000000 } from './create-tables.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [CreateTables1763700000000] as const;
