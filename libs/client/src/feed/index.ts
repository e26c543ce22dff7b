/** Feeds bars into a session, in batches. */
export { batchesOf } from './batches.js';
export { type FeedBar, type FeedBars, type FeedResult, SymbolStream } from './symbol-stream.js';
