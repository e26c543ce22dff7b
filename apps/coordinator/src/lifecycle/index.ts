/** Creates, changes, repairs and removes sessions, takes in fed bars, and reads datasets and events. */
export { DatasetReader } from './dataset-reader.js';
export { type FedRecord, recordOf, recordOfLine } from './fed-records.js';
export { Reconciler } from './reconciler.js';
export { type EventReader } from './event-readers.js';
export { controlOf } from './session-control.js';
export { layoutOf, type SessionRecord } from './session-row.js';
export { hintUpkeep } from './upkeep-request.js';
export { SessionService } from './session-service.js';
export { sharedParts, type SharedParts } from './shared-parts.js';
