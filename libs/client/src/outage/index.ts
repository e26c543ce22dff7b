/** Errors of a client's connections, and retries while a server does not answer. */
export * from './errors.js';
export * from './one-at-a-time.js';
export * from './outage.js';
