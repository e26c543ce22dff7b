/** The session spec: its schema, its checks, and the problems that they report. */
export * from './schema.js';
export * from './session-spec.js';
