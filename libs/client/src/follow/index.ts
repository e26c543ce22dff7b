/** Steps through a session's simulated time. */
export { DaysRemovedError, NotLockstepError } from './errors.js';
export { followSession, type FollowOptions } from './follow-session.js';
export { StepIntervalError } from './step-times.js';
export { Step } from './step.js';
export { follow } from './follow-session.js';
