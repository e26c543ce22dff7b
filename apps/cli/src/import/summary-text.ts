/** The summary of an import, for people. Pure. */
import { count } from '../terminal/index.js';
import { type ImportSummary, SHOWN_REFUSALS_MAX } from './summary.js';

/** @param into what the bars went to */
export function summaryText(summary: ImportSummary, into = 'dataset'): string {
  const { refused } = summary;
  const reasons = Object.entries(refused.reasons).map(([reason, times]) => `${reason} ${count(times)}`);
  const refusedFiles = refused.files > 0 ? ` and ${count(refused.files)} file(s)` : '';
  const lines = [
    `${into} ${summary.dataset}: ${count(summary.rows)} rows from ${count(summary.files)} file(s)` +
      ` in ${summary.seconds.toFixed(2)} s, ${count(summary.rowsPerSecond)} rows/s`,
    `  accepted     ${count(summary.accepted)}`,
    `  duplicate    ${count(summary.duplicate)}`,
    `  conflicting  ${count(summary.conflicting)}${summary.conflicting > 0 ? ' (what was stored stays)' : ''}`,
    `  refused      ${count(refused.rows)}${refusedFiles}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}`,
    ...refused.first.map(
      ({ file, line, reason, detail }) => `    ${file}${line > 0 ? `:${line}` : ''} ${reason}: ${detail}`,
    ),
  ];
  const more = refused.rows + refused.files - refused.first.length;
  if (more > 0) lines.push(`    … and ${count(more)} more after the first ${SHOWN_REFUSALS_MAX}`);
  return lines.join('\n');
}
