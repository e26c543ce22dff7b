/** Bars that are fed into a session. */
export { type FedStream, FeedFrontier, type FeedProgress, readFeedProgress } from './feed-frontier.js';
export { type FedBars, SessionFeed } from './feed.js';
