/** Feeds bars into a session. */
export { batchesOf } from './batches.js';
export { type FeedBar, type FeedBars, type FeedResult, SymbolStream } from './symbol-stream.js';
