/** Tables and migrations. */
export { createDataSource } from './data-source.js';
export { migrate, NewerSchemaError } from './migrate.js';
export { MIGRATIONS } from './migrations.js';
