/** Terminal output, progress, errors and the lifetime of a command. */
export * from './cli-error.js';
export { InterruptedError, Lifetime, withLifetime } from './lifetime.js';
export { colour, countsText, formatCount, note, type OutputOptions, printResult, wrapped } from './output.js';
export { type Progress, withProgress } from './progress.js';
export { table } from './table.js';
export { writeWhole } from './write-whole.js';
