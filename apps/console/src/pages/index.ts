/** The pages of the console. */
export { ComparePage } from './compare-page.js';
export { DatasetPage, DatasetsPage } from './dataset-pages.js';
export { OneSessionPage } from './session-page.js';
export { SessionsPage } from './sessions-page.js';
export { UpkeepPage } from './upkeep-page.js';
