/** Reads bars from files. */
export { CSV_DEFAULTS, type CsvOptions } from './csv-bars.js';
export { ColumnsError, parseColumnsOption } from './csv-columns.js';
export { FeedWriter } from './feed-writer.js';
export { importBars } from './import-bars.js';
export { type ImportPlan } from './import-plan.js';
export { type ImportFormat, type InputFile, inputFiles, symbolFromPath } from './input-files.js';
export { leanFile, LeanPathError } from './lean-bars.js';
export { SYMBOL_PATTERN } from './parsed-row.js';
export { summaryText } from './summary-text.js';
export { type ImportSummary } from './summary.js';
export { WallClock } from './wall-time.js';
