/** Samples a file for detection: its delimiter, and its first rows as texts. Pure. */
import { FilePlanError } from '../reading/index.js';
import { type Row, type RowHandler, rowTexts, splitterOf } from '../rows/index.js';
import type { ChosenVolume } from './volume-choice.js';

/** What is known of a file before it is planned. */
export interface FileStart {
  /** The first and the last bytes of the text; `tail` is empty while only the first ones are read. */
  head: Uint8Array;
  tail: Uint8Array;
  /** The head is the whole file. */
  isWhole: boolean;
  /** Without folders. */
  fileName: string;
  /** The symbol that --symbol-from-path finds in the path. */
  symbol?: string;
  /** The volume column for which all rows of the file decided, when it has several. */
  volume?: ChosenVolume;
}

export interface SampleRow {
  line: number;
  texts: readonly string[];
  /** The text of the whole row. */
  raw: string;
  isHeader: boolean;
  group: string | undefined;
}

export interface FileSample {
  rows: readonly SampleRow[];
  /** Undefined for JSON. */
  delimiter: string | undefined;
  /** The first characters, for messages. */
  beginning: string;
  fileName: string;
}

/** The rows that a delimiter gives. */
type SplitSample = Pick<FileSample, 'delimiter' | 'rows'>;

const SAMPLE_ROWS = 200;
/** The head is split in pieces, until there are enough rows. */
const SAMPLE_PIECE_BYTES = 4096;
const DELIMITERS = [',', ';', '\t', '|'];
/** A row has at least a time and four prices. */
export const FIELDS_MIN = 5;

/** @param wanted the delimiter of the user @throws FilePlanError for JSON that is cut short */
export function sampleOf({ head, tail, isWhole, fileName }: FileStart, wanted: string | undefined): FileSample {
  const named = { beginning: Buffer.from(head.subarray(0, 120)).toString('utf8'), fileName };
  const text = Buffer.from(head.subarray(0, 4096))
    .toString('utf8')
    .replace(/^\ufeff/, '');
  if (/^\s*[[{]/.test(text)) {
    if (tail.length > 0 && !/[\]}]\s*$/.test(Buffer.from(tail.subarray(-256)).toString('latin1')))
      throw new FilePlanError('unreadable-file', 'the JSON does not end in a bracket: the file is cut short');
    return { ...named, rows: sampleRows(head, isWhole, undefined), delimiter: undefined };
  }
  // `sep=;` is a line by which Excel names the delimiter.
  const excel = /^"?sep=(.)"?\r?\n/i.exec(text)?.[1];
  const given = wanted ?? excel;
  const samples = (given === undefined ? DELIMITERS : [given]).map((delimiter) => ({
    delimiter,
    rows: sampleRows(head, isWhole, delimiter),
  }));
  const { delimiter, rows } = likeliestSample(samples);
  return { ...named, rows: rows.filter(({ line }) => excel === undefined || line > 1), delimiter };
}

/**
 * The sample whose delimiter splits the most rows into the same number of fields, at least five. When several do, the last
 * one: the comma is the first delimiter, and may be the decimal sign of a file that has another one.
 */
function likeliestSample(samples: readonly SplitSample[]): SplitSample {
  const scores = samples.map((sample) => {
    const counts = new Map<number, number>();
    for (const { texts } of sample.rows) counts.set(texts.length, (counts.get(texts.length) ?? 0) + 1);
    const alike = [...counts].filter(([fields]) => fields >= FIELDS_MIN).map(([, rows]) => rows);
    return { sample, rows: Math.max(0, ...alike) };
  });
  return scores.reduce((best, score) => (score.rows >= Math.max(1, best.rows) ? score : best)).sample;
}

/** @param delimiter undefined for JSON */
function sampleRows(head: Uint8Array, isWhole: boolean, delimiter: string | undefined): SampleRow[] {
  const rows: SampleRow[] = [];
  const handler: RowHandler = {
    row: (row) => void (rows.length < SAMPLE_ROWS && rows.push(sampleRow(row))),
    refuse: () => undefined,
  };
  const splitter = splitterOf(delimiter, handler);
  for (let at = 0; at < head.length && rows.length < SAMPLE_ROWS; at += SAMPLE_PIECE_BYTES)
    splitter.push(head.subarray(at, at + SAMPLE_PIECE_BYTES));
  if (isWhole) splitter.end(); // otherwise the last row may be cut
  return rows;
}

function sampleRow(row: Row): SampleRow {
  const raw = Buffer.from(row.bytes.subarray(row.starts[0] ?? 0, row.ends[row.count - 1] ?? 0)).toString('utf8');
  return { line: row.line, texts: rowTexts(row), raw, isHeader: row.isHeader ?? false, group: row.group };
}

/** The text of a row's time, preceded by its date when that is in another column. */
export function timeTextOf(texts: readonly string[], { date, time }: { date?: number; time: number }): string {
  return date === undefined ? (texts[time] ?? '') : `${texts[date]} ${texts[time]}`;
}
