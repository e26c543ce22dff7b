/** The symbols of a running session: they can join and leave. */
export * from './membership.js';
