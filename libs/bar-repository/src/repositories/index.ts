/** Sources that backfill can ask: datasets and repositories of the user. */
export { type BarsBySymbolRepository, barSourceOf, type BarsRepository, fetchFrom } from './bar-source-of.js';
export { type BarAnswer, type BarSource } from './bar-source.js';
export { loadRepositories } from './load-repositories.js';
export { type Fetch } from './object-source.js';
