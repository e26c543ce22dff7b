/** Calls of the API and live events. */
export * from './days.js';
export * from './http.js';
export * from './live-events.js';
