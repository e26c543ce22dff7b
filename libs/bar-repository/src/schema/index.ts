/** Tables and migrations. */
export { createDataSource, migrate, NewerSchemaError } from './data-source.js';
export { MIGRATIONS } from './migrations.js';
