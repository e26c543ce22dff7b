/** Tables, entities and migrations. */
export { createDataSource } from './data-source.js';
export { migrate } from './migrate.js';
export { BarEntity } from './entities/index.js';
export { MIGRATIONS } from './migrations/index.js';
