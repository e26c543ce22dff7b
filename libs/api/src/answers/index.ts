/** What the API answers, as zod schemas. */
export * from './bar.js';
export * from './certificate.js';
export * from './dataset.js';
export * from './feed.js';
export * from './health.js';
export * from './layout.js';
export * from './matrix.js';
export * from './queues.js';
export * from './session.js';
