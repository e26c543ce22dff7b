/** `@barkeep/local-run`: starts a whole system on this machine for one backtest, and serves the caller's repository to its workers. */
export { type LocalRun, type LocalRunOptions, startLocalRun } from './local-run.js';
