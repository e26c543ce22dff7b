/** Consumers of a session: who follows it, and how far each is. */
export * from './consumers.js';
