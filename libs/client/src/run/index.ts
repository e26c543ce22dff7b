/** Runs a whole backtest in one call, by default with private servers. */
export { type RunBars, type SymbolBar } from './feed-session.js';
export { runBacktest } from './run-backtest.js';
export type { Delivered, RunOptions, RunResult } from './run-options.js';
export { LocalRunMissingError, RunOptionsError } from './run-spec.js';
export type { RunRepository, RunSpec, TypeOrmConnection } from './run-spec.js';
export type { RepositoryLimits as RunRepositoryLimit } from '@barkeep/session-data';
