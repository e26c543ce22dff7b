/** Filling gaps from repositories. */
export { Backfiller, retryDelayMs } from './backfiller.js';
export { SliceEndedError } from './requests.js';
