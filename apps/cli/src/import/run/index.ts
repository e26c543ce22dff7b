/** Runs an import. */
export { CalendarCheck } from './calendar-check.js';
export { FeedWriter } from './feed-writer.js';
export { importBars } from './import-bars.js';
export { type ImportPlan } from './import-plan.js';
export { summaryText, understoodText } from './summary-text.js';
export { type ImportSummary } from './summary.js';
