/** The coordinator's HTTP API. */
export * from './answers.js';
export * from './coordinator-client.js';
export * from './errors.js';
