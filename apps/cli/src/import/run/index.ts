/** Runs an import. */
export { CalendarCheck } from './calendar-check.js';
export { CompleteDays } from './complete-days.js';
export { FeedWriter, LateWriter } from './bar-writers.js';
export { importBars } from './import-bars.js';
export { type BarWriter, type ImportPlan } from './import-plan.js';
export { type ImportSummary, summaryText, understoodText } from './summary.js';
