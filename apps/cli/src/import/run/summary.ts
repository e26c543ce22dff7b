/** The summary of an import: its counts, the first refusals, and what was understood of its files, as data and as text. Pure. */
import type { Bar } from '@barkeep/bars';
import { countsText, formatCount, table } from '../../terminal/index.js';
import { printable, type RefusalLog, SHOWN_REFUSALS_MAX, type UnderstoodFiles } from './logs.js';

/** What `barkeep import --json` prints. */
export interface ImportSummary {
  dataset: string;
  files: number;
  /** accepted + duplicate + conflicting + refused + outside. */
  rows: number;
  accepted: number;
  /** Rows that the dataset already has with the same values. */
  duplicate: number;
  /** Rows for which the dataset already has other values, which stay. */
  conflicting: number;
  refused: Pick<RefusalLog, 'rows' | 'files' | 'reasons' | 'first'>;
  /** Rows for which the calendar of --calendar has no slot; they are not stored. */
  outside: number;
  /** Rows with volume −1, which stands for unknown and is stored as 0. */
  unknownVolumes: number;
  understood: UnderstoodFiles[];
  warnings: string[];
  /** True when nothing was stored, because of --dry-run. */
  dryRun: boolean;
  seconds: number;
  rowsPerSecond: number;
}

/** The summary as lines of text. @param into what received the bars: `dataset` or `session` */
export function summaryText(summary: ImportSummary, into = 'dataset'): string {
  const { dataset, conflicting, outside, unknownVolumes, dryRun } = summary;
  const readText = `${formatCount(summary.rows)} rows from ${formatCount(summary.files)} file(s)`;
  const speedText = `${summary.seconds.toFixed(2)} s, ${formatCount(summary.rowsPerSecond)} rows/s`;
  const lines = [
    `${into} ${dataset}: ${readText} in ${speedText}${dryRun ? ' (dry run: nothing stored)' : ''}`,
    `  accepted     ${formatCount(summary.accepted)}${dryRun ? ' would be read' : ''}`,
    `  duplicate    ${formatCount(summary.duplicate)}`,
    `  conflicting  ${formatCount(conflicting)}${conflicting > 0 ? ' (the stored rows stay)' : ''}`,
  ];
  if (outside > 0) lines.push(`  outside      ${formatCount(outside)} (no slot of the calendar)`);
  lines.push(...refusalLines(summary.refused));
  if (unknownVolumes > 0) lines.push(`  volume −1 (unknown) stored as 0 in ${formatCount(unknownVolumes)} rows`);
  return [...lines, ...summary.warnings.map((warning) => `warning: ${warning}`)].map(printable).join('\n');
}

/** One line with the counts, one for each of the first refusals, and one with the number of the others. */
function refusalLines({ rows, files, reasons, first }: ImportSummary['refused']): string[] {
  const filesText = files > 0 ? ` and ${formatCount(files)} file(s)` : '';
  const reasonsText = rows + files > 0 ? `: ${countsText(reasons)}` : '';
  const lines = [`  refused      ${formatCount(rows)}${filesText}${reasonsText}`];
  for (const { file, line, reason, detail } of first) {
    const place = line > 0 ? `${file}:${line}` : file;
    lines.push(`    ${place} ${reason}: ${detail}`);
  }
  const others = rows + files - first.length;
  if (others > 0) lines.push(`    … and ${formatCount(others)} more after the first ${SHOWN_REFUSALS_MAX}`);
  return lines;
}

/** What was understood of the files that are read like `understood.file`, as a small table. */
export function understoodText(understood: UnderstoodFiles): string {
  const { file, format, columns, delimiter, zone, times, spacing, symbol, first, last, notes } = understood;
  const columnTexts = Object.entries(columns).map(([name, column]) => (name === column ? name : `${name}=${column}`));
  const rows = [
    ['format', format],
    ['columns', columnTexts.join(' ')],
  ];
  if (delimiter !== undefined && delimiter !== ',') rows.push(['delimiter', delimiter === '\t' ? 'tab' : delimiter]);
  rows.push(['times', `bar ${times} times; ${zone} where a time has no offset`]);
  rows.push(['spacing', spacing ?? 'unknown: too few rows']);
  if (symbol !== null) rows.push(['symbol', symbol]);
  if (first !== null) rows.push(['first bar', barText(first)]);
  if (last !== null) rows.push(['last bar', barText(last)]);
  rows.push(...notes.map((note) => ['note', note]));
  const shownRows = rows.map((row) => row.map(printable));
  return `${printable(file)}\n${table(['', 'understood'], shownRows)}`;
}

/** A bar such as `2024-03-04 14:30Z  10 11 9 10  volume 5`: the prices are open, high, low and close. */
function barText({ openTime, open, high, low, close, volume }: Bar): string {
  const time = new Date(openTime).toISOString().replace('T', ' ').replace(':00.000Z', 'Z');
  return `${time}  ${open} ${high} ${low} ${close}  volume ${volume}`;
}
