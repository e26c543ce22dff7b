/** `@barkeep/local-run`: starts a whole system on this machine for one backtest, and serves the caller's repository to its workers. */
export { startLocalRun } from './local-run.js';
