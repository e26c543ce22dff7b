/** The first rows of a file as texts, for detection. Pure. */
import { JsonRows, type Row, type RowHandler, RowSplitter, rowTexts } from '../rows/index.js';

export interface SampleRow {
  line: number;
  texts: readonly string[];
  /** The whole row. */
  raw: string;
  isHeader: boolean;
  group: string | undefined;
}

const SAMPLE_ROWS = 200;
const DELIMITERS = [',', ';', '\t', '|'];
/** A time and four prices. */
const FIELDS_MIN = 5;

/** JSON begins with a bracket; a byte order mark and blanks may stand before it. */
export function isJson(head: Uint8Array): boolean {
  const text = Buffer.from(head.subarray(0, 4096))
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  return text.startsWith('[') || text.startsWith('{');
}

/** @param delimiter undefined for JSON */
export function sampleRows(head: Uint8Array, delimiter: string | undefined): SampleRow[] {
  const rows: SampleRow[] = [];
  const handler: RowHandler = {
    row: (row) => {
      if (rows.length < SAMPLE_ROWS) rows.push(sampleRow(row));
    },
    refuse: () => undefined,
  };
  const splitter = delimiter === undefined ? new JsonRows(handler) : new RowSplitter(delimiter, handler);
  for (let at = 0; at < head.length && rows.length < SAMPLE_ROWS; at += 4096)
    splitter.push(head.subarray(at, at + 4096));
  if (head.length < 4096 || rows.length < SAMPLE_ROWS) splitter.end();
  return rows;
}

function sampleRow(row: Row): SampleRow {
  const raw = Buffer.from(row.bytes.subarray(row.starts[0] ?? 0, row.ends[row.count - 1] ?? 0)).toString('utf8');
  return { line: row.line, texts: rowTexts(row), raw, isHeader: row.isHeader ?? false, group: row.group };
}

/** The rows below the header. */
export function dataRows(rows: readonly SampleRow[], headerLines: number): SampleRow[] {
  return rows.filter(({ line, isHeader }) => !isHeader && line > headerLines);
}

/** The text of a row's time, with its date where that is in another column. */
export function timeTextOf(
  { texts }: Pick<SampleRow, 'texts'>,
  { date, time }: { date?: number | undefined; time: number },
): string {
  return date === undefined ? (texts[time] ?? '') : `${texts[date]} ${texts[time]}`;
}

/** `sep=;` is a line by which Excel names the delimiter. */
export function namedDelimiter(head: Uint8Array): string | undefined {
  const text = Buffer.from(head.subarray(0, 64))
    .toString('utf8')
    .replace(/^\ufeff/, '');
  return /^"?sep=(.)"?\r?\n/i.exec(text)?.[1];
}

/** The character that splits most lines into the same number of fields, at least five. */
export function likelyDelimiter(head: Uint8Array): string {
  const scores = DELIMITERS.map((delimiter) => {
    const counts = new Map<number, number>();
    for (const { texts } of sampleRows(head, delimiter)) counts.set(texts.length, (counts.get(texts.length) ?? 0) + 1);
    const alike = [...counts].filter(([fields]) => fields >= FIELDS_MIN).map(([, lines]) => lines);
    return { delimiter, lines: Math.max(0, ...alike) };
  });
  return scores.reduce((best, score) => (score.lines > best.lines ? score : best)).delimiter;
}
