/** Examples of requests and answers. */
export * from './examples.js';
