/** What every Barkeep service does around its work: start, connect, stop in order. */
export * from './connections.js';
export * from './own-calendars.js';
export * from './run-service.js';
export * from './shutdown.js';
