/** Consumers of a session: their names, positions and states. */
export * from './consumers.js';
