/** Steps through a session's simulated time. */
export * from './errors.js';
export { follow, followSession, type FollowOptions, type KeptStart } from './follow-session.js';
export { Step } from './step.js';
