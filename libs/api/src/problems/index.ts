/** Problem documents. */
export * from './problem.js';
