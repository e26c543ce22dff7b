/** The summary of an import and what it understood of its files, as text. Pure. */
import type { Bar } from '@barkeep/bars';
import { formatCount, table } from '../../terminal/index.js';
import { type ImportSummary, SHOWN_REFUSALS_MAX, type UnderstoodFiles } from './summary.js';

/** @param into what the bars went to */
export function summaryText(summary: ImportSummary, into = 'dataset'): string {
  const { refused } = summary;
  const reasons = Object.entries(refused.reasons).map(([reason, times]) => `${reason} ${formatCount(times)}`);
  const refusedFiles = refused.files > 0 ? ` and ${formatCount(refused.files)} file(s)` : '';
  const lines = [
    `${into} ${summary.dataset}: ${formatCount(summary.rows)} rows from ${formatCount(summary.files)} file(s)` +
      ` in ${summary.seconds.toFixed(2)} s, ${formatCount(summary.rowsPerSecond)} rows/s${summary.dryRun ? ' (dry run: nothing stored)' : ''}`,
    `  accepted     ${formatCount(summary.accepted)}${summary.dryRun ? ' would be read' : ''}`,
    `  duplicate    ${formatCount(summary.duplicate)}`,
    `  conflicting  ${formatCount(summary.conflicting)}${summary.conflicting > 0 ? ' (the stored rows stay)' : ''}`,
    ...(summary.outside > 0 ? [`  outside      ${formatCount(summary.outside)} (no slot of the calendar)`] : []),
    `  refused      ${formatCount(refused.rows)}${refusedFiles}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}`,
    ...refused.first.map(
      ({ file, line, reason, detail }) => `    ${file}${line > 0 ? `:${line}` : ''} ${reason}: ${detail}`,
    ),
  ];
  const more = refused.rows + refused.files - refused.first.length;
  if (more > 0) lines.push(`    … and ${formatCount(more)} more after the first ${SHOWN_REFUSALS_MAX}`);
  if (summary.unknownVolumes > 0)
    lines.push(`  volume −1 (unknown) stored as 0 in ${formatCount(summary.unknownVolumes)} rows`);
  return [...lines, ...summary.warnings.map((warning) => `warning: ${warning}`)].join('\n');
}

/** What was understood of the files that are read like `understood.file`, as a small table. */
export function understoodText(understood: UnderstoodFiles): string {
  const { file, format, columns, delimiter, zone, times, spacing, symbol, first, last, notes } = understood;
  const rows = [
    ['format', format],
    [
      'columns',
      Object.entries(columns)
        .map(([name, column]) => (name === column ? name : `${name}=${column}`))
        .join(' '),
    ],
    ...(delimiter === undefined || delimiter === ',' ? [] : [['delimiter', delimiter === '\t' ? 'tab' : delimiter]]),
    ['times', `${times === 'open' ? 'opens' : 'closes'} of bars, ${zone} where they have no offset`],
    ['spacing', spacing ?? 'unknown: too few rows'],
    ...(symbol === null ? [] : [['symbol', symbol]]),
    ...(first === null ? [] : [['first bar', barText(first)]]),
    ...(last === null ? [] : [['last bar', barText(last)]]),
    ...notes.map((note) => ['note', note]),
  ];
  return `${file}\n${table(['', 'understood'], rows)}`;
}

function barText({ openTime, open, high, low, close, volume }: Bar): string {
  const time = new Date(openTime).toISOString().replace('T', ' ').replace(':00.000Z', 'Z');
  return `${time}  ${open} ${high} ${low} ${close}  volume ${volume}`;
}
