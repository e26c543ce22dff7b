/** Runs a whole backtest in one call, by default with private servers. */
export { type RunBars, type SymbolBar } from './feed-session.js';
export { type Delivered, runBacktest, type RunOptions, type RunResult } from './run-backtest.js';
export { LocalRunMissingError, RunOptionsError } from './run-spec.js';
export type { RunRepository, RunRepositoryLimit, RunSpec, TypeOrmConnection } from './run-spec.js';
