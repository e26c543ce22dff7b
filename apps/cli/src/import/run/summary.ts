/** The summary of an import: its counts, the first refusals, and what was understood of its files, as data and as text. Pure. */
import type { Bar } from '@barkeep/bars';
import { formatCount, table } from '../../terminal/index.js';
import type { Understood } from '../detect/index.js';
import type { ImportRefusal } from '../reading/index.js';

/** Most refusals that are kept with file and line; all are counted. */
const SHOWN_REFUSALS_MAX = 10;

interface ShownRefusal {
  file: string;
  /** From 1; 0 when a whole file was refused and no single row shows why. */
  line: number;
  reason: ImportRefusal;
  detail: string;
}

/** What was understood of files that are read alike. */
interface UnderstoodFiles extends Understood {
  /** The first of these files. */
  file: string;
  files: number;
}

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

/** Counts refusals, and keeps the first ones to show them. */
export class RefusalLog {
  /** Number of refused rows. */
  rows = 0;
  /** Number of files that were refused as a whole. */
  files = 0;
  /** Number of refusals by reason. */
  readonly reasons: Partial<Record<ImportRefusal, number>> = {};
  /** The first refusals, with file and line. */
  readonly first: ShownRefusal[] = [];

  addRow(refusal: ShownRefusal): void {
    this.rows++;
    this.#add(refusal);
  }

  addFile(refusal: ShownRefusal): void {
    this.files++;
    this.#add(refusal);
  }

  #add({ file, line, reason, detail }: ShownRefusal): void {
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    if (this.first.length < SHOWN_REFUSALS_MAX) this.first.push({ file, line, reason, detail: printable(detail) });
  }
}

/** Longest detail of a refusal that is shown, in characters. */
const DETAIL_LENGTH_MAX = 300;

/** Replaces control characters and cuts long texts: a detail may quote a broken file, and is shown in a terminal. */
function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u{fffd}]/gu, '?');
  return clean.length > DETAIL_LENGTH_MAX ? `${clean.slice(0, DETAIL_LENGTH_MAX - 1)}…` : clean;
}

/** Most kinds that are kept; files of further kinds are counted with the last one. */
const KINDS_MAX = 20;

/** Keeps what was understood of the files of an import: one entry for all files that are read alike (one kind). */
export class UnderstoodLog {
  readonly #byKind = new Map<string, UnderstoodFiles>();

  /** @param onFirst called for the first file of each kind */
  constructor(readonly onFirst?: (understood: UnderstoodFiles) => void) {}

  get all(): UnderstoodFiles[] {
    return [...this.#byKind.values()];
  }

  /** Adds a file: counts it, and keeps the latest last bar of its kind. */
  add(file: string, understood: Understood): void {
    const { format, columns, zone, times, delimiter } = understood;
    const kind = JSON.stringify([format, columns, zone, times, delimiter]);
    const lastKind = this.#byKind.size >= KINDS_MAX ? this.all.at(-1) : undefined;
    const known = this.#byKind.get(kind) ?? lastKind;
    if (known === undefined) {
      const first = { file, files: 1, ...understood };
      this.#byKind.set(kind, first);
      this.onFirst?.(first);
      return;
    }
    known.files++;
    if (understood.last !== null && (known.last === null || understood.last.openTime > known.last.openTime)) {
      known.last = understood.last;
    }
  }
}

/** The summary as lines of text. @param into the word for what the bars went into, such as `session` */
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
  return [...lines, ...summary.warnings.map((warning) => `warning: ${warning}`)].join('\n');
}

/** One line with the counts, one for each of the first refusals, and one with the number of the others. */
function refusalLines({ rows, files, reasons, first }: ImportSummary['refused']): string[] {
  const filesText = files > 0 ? ` and ${formatCount(files)} file(s)` : '';
  const counts = Object.entries(reasons).map(([reason, count]) => `${reason} ${formatCount(count)}`);
  const countsText = counts.length > 0 ? `: ${counts.join(', ')}` : '';
  const lines = [`  refused      ${formatCount(rows)}${filesText}${countsText}`];
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
  return `${file}\n${table(['', 'understood'], rows)}`;
}

/** A bar such as `2024-03-04 14:30Z  10 11 9 10  volume 5`: the prices are open, high, low and close. */
function barText({ openTime, open, high, low, close, volume }: Bar): string {
  const time = new Date(openTime).toISOString().replace('T', ' ').replace(':00.000Z', 'Z');
  return `${time}  ${open} ${high} ${low} ${close}  volume ${volume}`;
}
