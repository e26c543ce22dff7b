/**
 * Packs as PostgreSQL sends them, in binary, for a COPY of `packed_days`. A server message of type CopyData contains one row. A row has
 * three fields: the id of a symbol, its number of bars, and its chunk. `CopyOutParser` finds the rows and gives them to `passPacks`, which
 * gives the packs to a receiver. The bytes from the first message after the COPY on, which may be an error, are left for `pg`.
 */
import {
  bytesAfterCopy,
  COMMAND_COMPLETE,
  COPY_BEGINS,
  COPY_ENDS,
  copyData,
  noticeOf,
  serverMessage,
} from '../../../../test/support/data/copy-messages.js';
import { COPY_HEADER, COPY_TRAILER, CopyFormatError, CopyOutParser } from '../rows/index.js';
import { PACK_ROW, passPacks } from './packed-days.js';

const int16 = (value: number) => Buffer.of(value >> 8, value);
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** A field of a row: its length and its value; length -1 and no value for null. */
const field = (value: Buffer | null) => (value ? Buffer.concat([int32(value.length), value]) : int32(-1));
/** A row of a pack: the number of its fields, then the fields. */
const packRow = (symbolId: number, bars: number, chunk: Buffer | null) =>
  Buffer.concat([int16(3), field(int32(symbolId)), field(int32(bars)), field(chunk)]);

/** All packs of a read have one length, because they have the same slots. The parser does not look into them, so any text is a chunk. */
const FIRST_CHUNK = Buffer.from('a first chunk');
const LAST_CHUNK = Buffer.from('anotherchunk!');
const CHUNK_BYTES = FIRST_CHUNK.length;

/**
 * Parses what a server sends, in the parts in which it arrives. @returns what the receiver of packs got, the bytes that remain for `pg`,
 * and the number of rows
 */
function read(...parts: Buffer[]) {
  const received: string[] = [];
  const passRow = passPacks(
    {
      pack: (symbolId, bars, bytes) => received.push(`${symbolId} ${bars} ${Buffer.from(bytes).toString()}`),
      empty: (symbolId) => received.push(`${symbolId} empty`),
    },
    CHUNK_BYTES,
  );
  const parser = new CopyOutParser(PACK_ROW, passRow);
  const rest = bytesAfterCopy(parser, parts);
  return { received, rest, rows: parser.rows };
}

test('packs are assembled wherever the stream is cut, also at every byte', () => {
  const stream = Buffer.concat([
    COPY_BEGINS,
    copyData(COPY_HEADER, packRow(7, 27, FIRST_CHUNK)), // the header shares its message with the first row
    copyData(packRow(8, 0, null)), // a symbol without bars
    noticeOf(10), // a message with a body of 10 bytes and no row, which the parser skips
    copyData(packRow(9, 6, LAST_CHUNK)),
    copyData(COPY_TRAILER),
    COPY_ENDS,
    COMMAND_COMPLETE,
  ]);
  const received = ['7 27 a first chunk', '8 empty', '9 6 anotherchunk!'];
  const expected = { received, rest: COMMAND_COMPLETE, rows: 3 };
  for (let cut = 0; cut <= stream.length; cut++) {
    expect(read(stream.subarray(0, cut), stream.subarray(cut))).toEqual(expected);
  }
  const bytes = [...stream].map((byte) => Buffer.of(byte));
  expect(read(...bytes)).toEqual(expected);
});

test('an error of the server remains for pg as a whole, wherever the stream is cut', () => {
  const error = serverMessage('E', Buffer.from('SERROR\0\0')); // its one field: the severity `S` is `ERROR`
  const stream = Buffer.concat([COPY_BEGINS, error]);
  for (let cut = 1; cut < stream.length; cut++) {
    const { rest } = read(stream.subarray(0, cut), stream.subarray(cut));
    expect(rest).toEqual(error);
  }
});

test('a COPY without rows yields no pack', () => {
  expect(read(COPY_BEGINS, copyData(COPY_HEADER, COPY_TRAILER), COPY_ENDS)).toMatchObject({ received: [], rows: 0 });
});

test('bytes that are not packs throw CopyFormatError', () => {
  const noHeader = copyData(Buffer.alloc(COPY_HEADER.length));
  expect(() => read(noHeader)).toThrow(CopyFormatError);
  const rowOfTwoFields = copyData(COPY_HEADER, int16(2)); // the field count is enough to refuse the row
  expect(() => read(rowOfTwoFields)).toThrow('expected 3 fields, was 2');
  const shortChunk = copyData(COPY_HEADER, packRow(7, 1, Buffer.from('short')));
  expect(() => read(shortChunk)).toThrow('expected a chunk of 13 bytes, was 5');
});
