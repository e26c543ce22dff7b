import { COPY_HEADER, COPY_TRAILER, CopyFormatError, CopyOutParser } from '../rows/index.js';
import { PACK_ROW, passPacks } from './packed-days.js';

/** A big-endian integer of 2 or 4 bytes. */
const int = (value: number, bytes: 2 | 4 = 4) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
/**
 * A message of the server: its type, its length, then the parts. `H` begins a COPY, `d` has its data, `c` ends it, `C` ends the command,
 * `N` is a notice and `E` an error.
 */
const message = (type: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int(body.length + 4), body]);
};
/** A row: the number of fields, then the length and value of each field; length -1 for null. */
const row = (symbolId: number, bars: number, chunk: Buffer | undefined) => {
  const head = [int(3, 2), int(4), int(symbolId), int(4), int(bars)];
  return Buffer.concat([...head, int(chunk?.length ?? -1), chunk ?? Buffer.alloc(0)]);
};

const CHUNKS = [Buffer.from('a first chunk'), Buffer.from('anotherchunk!')];
const CHUNK_BYTES = 13;
/** CommandComplete, which does not belong to the COPY. */
const REST = message('C', Buffer.from('COPY 3\0'));
const STREAM = Buffer.concat([
  message('H', int(0, 2)),
  message('d', COPY_HEADER, row(7, 27, CHUNKS[0])),
  message('d', row(8, 0, undefined)),
  message('N', Buffer.from('a notice')),
  message('d', row(9, 6, CHUNKS[1])),
  message('d', COPY_TRAILER),
  message('c'),
  REST,
]);

/** Parses the parts of a stream. @returns what was received, and the bytes that remain for `pg` */
function read(parts: Buffer[]) {
  const received: string[] = [];
  const receiver = passPacks(
    {
      pack: (symbolId, bars, bytes) => received.push(`${symbolId} ${bars} ${Buffer.from(bytes).toString()}`),
      empty: (symbolId) => received.push(`${symbolId} empty`),
    },
    CHUNK_BYTES,
  );
  const parser = new CopyOutParser(PACK_ROW, receiver);
  const rest: Buffer[] = [];
  for (const part of parts) {
    const afterCopy = rest.length > 0 ? part : parser.read(part);
    if (afterCopy) rest.push(afterCopy);
  }
  return { received, rest: Buffer.concat(rest), rows: parser.rows };
}

const EXPECTED = {
  received: [`7 27 ${CHUNKS[0]!.toString()}`, '8 empty', `9 6 ${CHUNKS[1]!.toString()}`],
  rest: REST,
  rows: 3,
};

test('chunks are assembled wherever the stream is cut, also at every byte', () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    expect(read([STREAM.subarray(0, cut), STREAM.subarray(cut)])).toEqual(EXPECTED);
  }
  expect(read([...STREAM].map((byte) => Buffer.from([byte])))).toEqual(EXPECTED);
});

test('an error of the server is returned whole, wherever the stream is cut', () => {
  const error = message('E', Buffer.from('SERROR\0\0'));
  const stream = Buffer.concat([message('H', int(0, 2)), error]);
  for (let cut = 1; cut < stream.length; cut++) {
    expect(read([stream.subarray(0, cut), stream.subarray(cut)]).rest).toEqual(error);
  }
});

test('a COPY without rows yields no pack', () => {
  const stream = [message('H', int(0, 2)), message('d', COPY_HEADER, COPY_TRAILER), message('c')];
  expect(read([Buffer.concat(stream)])).toMatchObject({ received: [], rows: 0 });
});

test('bytes that are not packs throw CopyFormatError', () => {
  expect(() => read([message('d', Buffer.alloc(COPY_HEADER.length))])).toThrow(CopyFormatError);
  expect(() => read([message('d', COPY_HEADER, int(2, 2))])).toThrow('expected 3 fields, was 2');
  const shorter = row(7, 1, Buffer.from('short'));
  expect(() => read([message('d', COPY_HEADER, shorter)])).toThrow('expected a chunk of 13 bytes, was 5');
});
