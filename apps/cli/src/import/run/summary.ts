/** The summary of an import: its counts, the first refusals, and what was understood of its files, as data and as text. Pure. */
import type { Bar } from '@barkeep/bars';
import { formatCount, table } from '../../terminal/index.js';
import type { Understood } from '../detect/index.js';
import type { ImportRefusal } from '../reading/index.js';

/** Most refusals that are shown with file and line; all are counted. */
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

export class RefusalLog {
  rows = 0;
  files = 0;
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

/** Replaces control characters and cuts long texts: a detail may quote a broken file, and is shown in a terminal. */
function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u{fffd}]/gu, '?');
  return clean.length > 300 ? `${clean.slice(0, 299)}…` : clean;
}

/** Files of further kinds are counted with the last kind. */
const KINDS_MAX = 20;

/** Keeps what was understood of the files of an import: one entry for all files that are read alike (one kind). */
export class UnderstoodLog {
  readonly #byKind = new Map<string, UnderstoodFiles>();

  /** @param onFirst called for the first file of each kind */
  constructor(readonly onFirst?: (understood: UnderstoodFiles) => void) {}

  get all(): UnderstoodFiles[] {
    return [...this.#byKind.values()];
  }

  add(file: string, understood: Understood): void {
    const { format, columns, zone, times, delimiter } = understood;
    const kind = JSON.stringify([format, columns, zone, times, delimiter]);
    const known = this.#byKind.get(kind) ?? (this.#byKind.size >= KINDS_MAX ? this.all.at(-1) : undefined);
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

/** @param into the word for what the bars went into, such as `session` */
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
    ['times', `bar ${times} times; ${zone} where a time has no offset`],
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
