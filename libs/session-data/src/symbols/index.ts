/** Symbols that are added to or removed from a running session. */
export * from './membership.js';
