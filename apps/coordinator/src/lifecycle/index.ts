/** Creates, changes, repairs and removes sessions. */
export { DatasetReader } from './dataset-reader.js';
export { Certificates } from './certificates.js';
export { Evictions } from './evictions.js';
export { type FedRecord, recordOf, recordOfLine } from './fed-records.js';
export { LostTail } from './lost-tail.js';
export { Reconciler } from './reconciler.js';
export { type EventFeed } from './event-feeds.js';
export { controlOf, SessionControl } from './session-control.js';
export { SessionService } from './session-service.js';
export { SessionSteering } from './session-steering.js';
export { SessionViews } from './session-views.js';
export { SessionWaiting } from './session-waiting.js';
export { layoutOf, SymbolChanges } from './symbol-changes.js';
export { SymbolWarnings } from './symbol-warnings.js';
export { hintUpkeep } from './upkeep-hint.js';
