import {
  bytesAfterCopy,
  COMMAND_COMPLETE,
  type CopiedBar,
  copiedRow,
  COPY_BEGINS,
  COPY_ENDS,
  copyData,
  noticeOf,
  serverMessage,
} from '../../../../test/support/data/copy-messages.js';
import { CopyFormatError, CopyOutParser } from './copy-out-parser.js';
import { COPY_HEADER, COPY_TRAILER, READ_ROW, readRow } from './row-layout.js';

const FIRST_ROW: CopiedBar = [1, Date.UTC(2013, 9, 7, 13, 30), 1.5, 2.25, 1.125, 1.75, 100];
/** Times before, at and after the epoch of PostgreSQL, which is the start of 2000. */
const ROWS: CopiedBar[] = [
  FIRST_ROW,
  [2, Date.UTC(1999, 11, 31, 23, 59), 0, 0, 0, 0, 0],
  [2_147_483_647, Date.UTC(2000, 0, 1), 1e-300, 1e300, 0.1, 1 / 3, 2 ** 53],
  [3, Date.UTC(1930, 0, 1), 5, 6, 4, 5, 0.5],
];

/** A whole COPY with a message of data for each body, and the message that follows the COPY. */
const copyOf = (...bodies: Buffer[]): Buffer =>
  Buffer.concat([COPY_BEGINS, ...bodies.map((body) => copyData(body)), COPY_ENDS, COMMAND_COMPLETE]);

/** Parses the bytes in parts that are cut at the given offsets. */
function parse(bytes: Buffer, cuts: number[] = []): { rows: CopiedBar[]; rest: Buffer | undefined } {
  const rows: CopiedBar[] = [];
  const parser = new CopyOutParser(READ_ROW, (view, at) => readRow(view, at, (...values) => rows.push(values)));
  const ends = [...cuts, bytes.length];
  const parts = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
  return { rows, rest: bytesAfterCopy(parser, parts) };
}

/** The header, each row and the trailer are separate messages. */
const COPY = copyOf(COPY_HEADER, ...ROWS.map(copiedRow), COPY_TRAILER);
const PARSED = { rows: ROWS, rest: COMMAND_COMPLETE };

test('rows are read as they were written, and the bytes after the COPY are returned', () => {
  expect(parse(COPY)).toEqual(PARSED);
});

test('the header may share its message with the first row', () => {
  const headerAndRow = Buffer.concat([COPY_HEADER, copiedRow(FIRST_ROW)]);
  const laterRows = ROWS.slice(1).map(copiedRow);
  expect(parse(copyOf(headerAndRow, ...laterRows, COPY_TRAILER))).toEqual(PARSED);
});

test('parts may end at any byte', () => {
  for (let cut = 1; cut < COPY.length; cut++) expect(parse(COPY, [cut])).toEqual(PARSED);
});

test('parts of every size from one byte to more than two rows give the same rows', () => {
  // The message of a row has 87 bytes.
  for (let size = 1; size <= 180; size++) {
    const cuts: number[] = [];
    for (let cut = size; cut < COPY.length; cut += size) cuts.push(cut);
    expect(parse(COPY, cuts)).toEqual(PARSED);
  }
});

test('a notice between rows is skipped, and an error is returned to the caller', () => {
  const notice = noticeOf(10_000); // longer than the buffer in which the parser keeps a cut message
  const error = serverMessage('E', Buffer.from('SERROR\0'));
  const start = Buffer.concat([copyData(COPY_HEADER), notice, copyData(copiedRow(FIRST_ROW))]);
  for (const cut of [3, 40, 5_000, start.length, start.length + 2]) {
    expect(parse(Buffer.concat([start, error]), [cut])).toEqual({ rows: [FIRST_ROW], rest: error });
  }
});

test('bytes that are not a binary COPY of these columns are refused', () => {
  const textFormat = copyOf(Buffer.from('a\tb\n'));
  expect(() => parse(textFormat)).toThrow(CopyFormatError);
  const shortRow = copiedRow(FIRST_ROW).subarray(0, 70);
  expect(() => parse(copyOf(COPY_HEADER, shortRow))).toThrow('expected a row of 82 bytes, was 70');
  const rowOfFive = copiedRow(FIRST_ROW);
  rowOfFive.writeInt16BE(5); // the number of fields
  expect(() => parse(copyOf(COPY_HEADER, rowOfFive))).toThrow('expected 7 fields, was 5');
  const negativeLength = noticeOf(0);
  negativeLength.writeInt32BE(-16, 1); // after the type
  expect(() => parse(Buffer.concat([copyData(COPY_HEADER), negativeLength]))).toThrow('expected a message of 5 to');
});
