/** What the terminal shows, and how the command ends. */
export { CliError, EXIT } from './cli-error.js';
export { Lifetime, withLifetime } from './lifetime.js';
export { count, note, type OutputOptions, printResult, table } from './output.js';
export { type Progress, startProgress } from './progress.js';
