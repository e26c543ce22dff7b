/** The process of a service: its start, its connections, its calendars, and its stop in order. */
export { type Connections, openConnections } from './connections.js';
export { readCalendars, useOwnCalendars } from './own-calendars.js';
export { barkeepVersion, type RunningService, runService } from './run-service.js';
export { STOP_ORDER, StopSequence } from './shutdown.js';
