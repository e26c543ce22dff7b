/** Imports bars from files: finds and opens the files, detects how to read them, and writes their bars. */
export {
  formatsNamed,
  parseColumnsOption,
  READ_DEFAULTS,
  type ReadOptions,
  exampleOfCloses,
  spacingText,
} from './detect/index.js';
export { type InputFile, inputFiles, symbolReader } from './files/index.js';
export { type BarFormat, FORMATS } from './formats/index.js';
export { type SymbolCase, SymbolNames } from './reading/index.js';
export {
  type BarWriter,
  CalendarCheck,
  CompleteDays,
  FeedWriter,
  importBars,
  type ImportPlan,
  type ImportSummary,
  LateWriter,
  summaryText,
  understoodText,
} from './run/index.js';
export { WallClock } from './times/index.js';
