/** Bars that are fed into a session. */
export { type FedStream, FeedFrontier, type FeedProgress } from './feed-frontier.js';
export { type FedBars, SessionFeed } from './feed.js';
