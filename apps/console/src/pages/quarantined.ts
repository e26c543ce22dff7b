/** The panels with the records that an import quarantined. */
import type { DatasetAnswerBody } from '@barkeep/api';
import { minuteText, numberText } from '../model/index.js';
import { Table } from '../parts/index.js';
import { EmptyPanel, html } from '../shell/index.js';

/** The records that the import did not store: refused records, and records that conflict with a stored bar. */
export function Quarantined({ quarantined: { rows, reasons, examples } }: Pick<DatasetAnswerBody, 'quarantined'>) {
  const { conflict = 0, ...refusals } = reasons;
  const refused = Object.entries(refusals).map(([reason, count]) => `${reason} ${numberText(count)}`);
  const refusedExamples = examples.filter(({ reason }) => reason !== 'conflict');
  const conflictExamples = examples.filter(({ reason }) => reason === 'conflict');
  return [
    recordsPanel(rows - conflict, refusedExamples, {
      title: 'Refused records',
      detail: refused.join(', '),
      none: 'No refused record is kept. The summary of an import names the lines that it could not read.',
    }),
    recordsPanel(conflict, conflictExamples, {
      title: 'Conflicts',
      detail: 'a bar with the same symbol and time but other values was stored before',
      none: 'None.',
    }),
  ];
}

type Example = DatasetAnswerBody['quarantined']['examples'][number];
type RecordTexts = Record<'title' | 'detail' | 'none', string>;
const RECORD_COLUMNS = ['symbol', 'time (UTC)', 'reason', '#close', '#volume'];

/** The number of records of one kind, and the first of them as examples. @param texts `none`: the text when there are no records */
function recordsPanel(count: number, examples: readonly Example[], { title, detail, none }: RecordTexts) {
  const heading = count === 0 ? title : `${title}: ${numberText(count)} (${detail})`;
  if (examples.length === 0) return html`<${EmptyPanel} title=${heading} text=${count === 0 ? none : undefined} />`;
  const rows = examples.map(({ symbol, time, reason, close, volume }, line) => {
    return [String(line), symbol, minuteText(time), reason, close ?? '–', volume ?? '–']; // the key of the row first
  });
  return html`<${Table} caption=${`${heading}, the first ones`} columns=${RECORD_COLUMNS} rows=${rows} />`;
}
