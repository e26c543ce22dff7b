/** Samples a file for detection: its delimiter, and its first rows as texts. Pure. */
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

export interface SampleRow extends Pick<Row, 'line' | 'isHeader' | 'group' | 'named'> {
  texts: readonly string[];
}

export interface FileSample {
  rows: readonly SampleRow[];
  /** Undefined for JSON. */
  delimiter: string | undefined;
  /** 1 when the first line is `sep=;`, by which Excel names the delimiter; 0 for any other file. */
  sepLines: 0 | 1;
  /** The first characters, for messages. */
  beginning: string;
  fileName: string;
}

/** The rows that a delimiter gives. */
type SplitSample = Pick<FileSample, 'delimiter' | 'rows'>;

const SAMPLE_ROWS_MAX = 200;
/** The head is split in pieces of this size, until there are enough rows. */
const SAMPLE_PIECE_BYTES = 4096;
/** The last rows of a file are those in this many bytes. */
const LAST_BYTES = 1024;
/** JSON begins with a bracket within this many bytes, of which messages show the first characters. */
const [BEGINNING_BYTES, SHOWN_LENGTH] = [4096, 120];
const DELIMITERS = [',', ';', '\t', '|'];
/** The end of a JSON row, and what follows: a bracket of the next row, or its time. */
const JSON_ROW_END = /[\]}](?:\s*,)?\s*(?=[[{]|"(?:\d{4}-\d\d-\d\d[^"]*|\d{10,19})"\s*:\s*\{)/;
/** A row has at least a time and four prices. */
export const FIELDS_MIN = 5;

/** True for JSON and NDJSON. A title such as `[EURUSD]` may be the first line of CSV. @param head the first bytes */
export function isJson(head: Uint8Array): boolean {
  return /^\s*(\[\s*(["[{\d\]-]|null|true|false)|\{\s*["}])/.test(beginningOf(head)); // a byte order mark counts as a blank
}

function beginningOf(head: Uint8Array): string {
  return Buffer.from(head.subarray(0, BEGINNING_BYTES)).toString('utf8');
}

/** Splits the head of a file into its first rows. @param givenDelimiter the delimiter that the user names */
export function sampleOf({ head, isWhole, fileName }: FileStart, givenDelimiter: string | undefined): FileSample {
  const text = beginningOf(head);
  const excelDelimiter = /^\ufeff?"?sep=(.)"?\r?\n/i.exec(text)?.[1];
  const knownDelimiter = givenDelimiter ?? excelDelimiter;
  const textDelimiters = knownDelimiter === undefined ? DELIMITERS : [knownDelimiter];
  const delimiters = isJson(head) ? [undefined] : textDelimiters;
  const samples = delimiters.map((delimiter) => ({ delimiter, rows: sampleRows(head, isWhole, delimiter) }));
  const sepLines = excelDelimiter === undefined ? 0 : 1;
  return { ...likeliestSample(samples), sepLines, beginning: text.slice(0, SHOWN_LENGTH), fileName };
}

/**
 * The sample whose delimiter splits the most rows into the same number of fields, at least five. Of equal samples the last
 * one wins: the comma is the first delimiter, and may be the decimal sign of a file with another delimiter. When no
 * delimiter gives five fields, the first sample is returned.
 */
function likeliestSample(samples: readonly SplitSample[]): SplitSample {
  const alikeRows = samples.map(({ rows }) => {
    const rowsByFields = new Map<number, number>();
    for (const { texts } of rows) rowsByFields.set(texts.length, (rowsByFields.get(texts.length) ?? 0) + 1);
    return Math.max(0, ...[...rowsByFields].map(([fields, count]) => (fields >= FIELDS_MIN ? count : 0)));
  });
  const most = Math.max(...alikeRows);
  return samples[most === 0 ? 0 : alikeRows.lastIndexOf(most)]!;
}

/** The first rows, at most {@link SAMPLE_ROWS_MAX}; rows that cannot be split are left out. @param delimiter undefined for JSON */
function sampleRows(head: Uint8Array, isWhole: boolean, delimiter: string | undefined): SampleRow[] {
  const rows: SampleRow[] = [];
  const handler: RowHandler = {
    row: (row) => {
      const { line, isHeader, group, named } = row;
      if (rows.length < SAMPLE_ROWS_MAX) rows.push({ line, texts: rowTexts(row), isHeader, group, named });
    },
    refuse: () => undefined,
  };
  const splitter = splitterOf(delimiter, handler);
  for (let at = 0; at < head.length && rows.length < SAMPLE_ROWS_MAX; at += SAMPLE_PIECE_BYTES)
    splitter.push(head.subarray(at, at + SAMPLE_PIECE_BYTES));
  if (isWhole) splitter.end(); // otherwise the last row may be cut
  return rows;
}

/** The last rows of a CSV file with more rows than a sample; none of other files. */
export function lastRows({ tail }: FileStart, { rows, delimiter }: SplitSample): SampleRow[] {
  if (delimiter === undefined || rows.length < SAMPLE_ROWS_MAX) return [];
  return sampleRows(fromFirstRow(tail.subarray(-LAST_BYTES), delimiter), true, delimiter);
}

/** The last bytes of a file from their first complete row on; all of them when no row ends in them. @param delimiter undefined for JSON */
export function fromFirstRow(tail: Uint8Array, delimiter: string | undefined): Uint8Array {
  const match = (delimiter === undefined ? JSON_ROW_END : /[\r\n]/).exec(Buffer.from(tail).toString('latin1'));
  return tail.subarray(match === null ? 0 : match.index + match[0].length);
}

/** The text of a row's time, preceded by its date when that is in another column. */
export function timeTextOf(texts: readonly string[], { date, time }: { date?: number; time: number }): string {
  return date === undefined ? (texts[time] ?? '') : `${texts[date]} ${texts[time]}`;
}
