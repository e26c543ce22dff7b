/** Filling gaps from repositories. */
export { type BackfillSettings, Backfiller, retryDelayMs } from './backfiller.js';
export { SessionFailer } from './session-failer.js';
export { SliceEndedError } from './requests.js';
