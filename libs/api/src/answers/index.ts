/** What the API answers, as zod schemas. */
export * from './bar.js';
export * from './dataset.js';
export * from './layout.js';
export * from './operation.js';
export * from './session.js';
