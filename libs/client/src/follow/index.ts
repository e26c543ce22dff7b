/** Steps through a session's simulated time. */
export { follow, followSession, type FollowOptions, type KeptStart, NotLockstepError } from './follow-session.js';
export { Step, StepIntervalError } from './step.js';
export { DaysRemovedError } from './walk.js';
