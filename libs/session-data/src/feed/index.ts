/** Feeding a session: writes the bars that programs post, and moves the frontier as far as the streams have come. */
export { type SymbolProgress, FeedFrontier, type FeedProgress, readFeedProgress } from './feed-frontier.js';
export { type FeedOutcome, SessionFeed } from './feed.js';
