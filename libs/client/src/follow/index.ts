/** Steps through a session's simulated time. */
export { DaysRemovedError, NotLockstepError } from './errors.js';
export { follow, followSession, type FollowOptions, type KeptStart } from './follow-session.js';
export { StepIntervalError } from './step-times.js';
export { Step } from './step.js';
