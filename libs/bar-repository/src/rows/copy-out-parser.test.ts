import { CopyFormatError, CopyOutParser } from './copy-out-parser.js';
import { COPY_HEADER, COPY_TRAILER, READ_ROW, readRow, WRITE_ROW, writeRow } from './row-layout.js';

type Row = [symbolId: number, openTime: number, open: number, high: number, low: number, close: number, volume: number];

const FIRST_ROW: Row = [1, Date.UTC(2013, 9, 7, 13, 30), 1.5, 2.25, 1.125, 1.75, 100];
/** Times before, at and after the epoch of PostgreSQL. */
const ROWS: Row[] = [
  FIRST_ROW,
  [2, Date.UTC(1999, 11, 31, 23, 59), 0, 0, 0, 0, 0],
  [2_147_483_647, Date.UTC(2000, 0, 1), 1e-300, 1e300, 0.1, 1 / 3, 2 ** 53],
  [3, Date.UTC(1930, 0, 1), 5, 6, 4, 5, 0.5],
];

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** A row as the server sends it: 7 fields, the written form without the dataset number. */
function row(values: Row): Buffer {
  const written = Buffer.alloc(WRITE_ROW.bytes);
  writeRow(new DataView(written.buffer, written.byteOffset, written.length), 0, 7, ...values);
  return Buffer.concat([Buffer.from([0, 7]), written.subarray(8)]); // the first 8 bytes are the field count and the dataset number
}

/** CommandComplete, which does not belong to the COPY. */
const AFTER = message('C', Buffer.from('COPY 4\0'));
const copyOf = (...bodies: Buffer[]): Buffer =>
  Buffer.concat([
    message('H', Buffer.from([1, 0, 0])),
    ...bodies.map((body) => message('d', body)),
    message('c', Buffer.alloc(0)),
    AFTER,
  ]);

/** Parses the bytes in parts that are cut at the given offsets. */
function parse(bytes: Buffer, cuts: number[]): { rows: Row[]; rest: Buffer | undefined } {
  const rows: Row[] = [];
  const parser = new CopyOutParser(READ_ROW, (view, at) => readRow(view, at, (...values) => rows.push(values)));
  let rest: Buffer | undefined;
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const part = bytes.subarray(from, to);
    rest = rest ? Buffer.concat([rest, part]) : parser.read(part);
    from = to;
  }
  return { rows, rest };
}

const SEPARATE = copyOf(COPY_HEADER, ...ROWS.map(row), COPY_TRAILER);

test('rows are read as they were written, and the bytes after the COPY are returned', () => {
  expect(parse(SEPARATE, [])).toEqual({ rows: ROWS, rest: AFTER });
});

test('the header may share its message with the first row', () => {
  const others = ROWS.slice(1).map(row);
  const bytes = copyOf(Buffer.concat([COPY_HEADER, row(FIRST_ROW)]), ...others, COPY_TRAILER);
  expect(parse(bytes, [])).toEqual({ rows: ROWS, rest: AFTER });
});

test('chunks may end at any byte', () => {
  for (let cut = 1; cut < SEPARATE.length; cut++) expect(parse(SEPARATE, [cut])).toEqual({ rows: ROWS, rest: AFTER });
});

test('chunks of every size from one byte to more than two rows give the same rows', () => {
  for (let size = 1; size <= 180; size++) {
    const cuts = Array.from({ length: Math.floor((SEPARATE.length - 1) / size) }, (_, i) => (i + 1) * size);
    expect(parse(SEPARATE, cuts)).toEqual({ rows: ROWS, rest: AFTER });
  }
});

test('a notice between rows is skipped, and an error is returned to the caller', () => {
  const notice = message('N', Buffer.alloc(10_000)); // longer than the buffer in which the parser keeps a cut message
  const error = message('E', Buffer.from('SERROR\0'));
  const start = Buffer.concat([message('d', COPY_HEADER), notice, message('d', row(FIRST_ROW))]);
  for (const cut of [3, 40, 5_000, start.length, start.length + 2]) {
    expect(parse(Buffer.concat([start, error]), [cut])).toEqual({ rows: ROWS.slice(0, 1), rest: error });
  }
});

/** A message that ends before its own head. */
const NEGATIVE = Buffer.from([0x4e, 0xff, 0xff, 0xff, 0xf0]);

test('bytes that are not a binary COPY of these columns are refused', () => {
  const shortRow = row(FIRST_ROW).subarray(0, 70);
  expect(() => parse(copyOf(Buffer.from('a\tb\n')), [])).toThrow(CopyFormatError);
  expect(() => parse(copyOf(COPY_HEADER, shortRow), [])).toThrow('expected a row of 82 bytes, was 70');
  expect(() => parse(Buffer.concat([message('d', COPY_HEADER), NEGATIVE]), [])).toThrow('expected a message of 5 to');
  const rowOfFive = row(FIRST_ROW);
  rowOfFive.writeInt16BE(5); // the number of fields
  expect(() => parse(copyOf(COPY_HEADER, rowOfFive), [])).toThrow('expected 7 fields, was 5');
});
