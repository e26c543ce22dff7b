/** What a PostgreSQL server sends for `COPY … TO STDOUT (FORMAT binary)`, as bytes. */
import { WRITE_ROW, writeRow } from '../../../libs/bar-repository/src/rows/row-layout.js';

/** The columns of a row of `bars`, in their order. `openTime` is epoch ms. */
export type CopiedBar = [
  symbolId: number,
  openTime: number,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
];

/** A message: its type, its length (of the length itself and the body), and its body. */
export function serverMessage(type: string, ...bodyParts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(bodyParts);
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** CopyOutResponse: the format is binary, and the number of columns, which no parser reads, is 0. */
export const COPY_BEGINS = serverMessage('H', Buffer.from([1, 0, 0]));
/** CopyDone. */
export const COPY_ENDS = serverMessage('c');
/** CommandComplete, which follows the COPY and does not belong to it. */
export const COMMAND_COMPLETE = serverMessage('C', Buffer.from('COPY\0'));

/** CopyData. */
export function copyData(...parts: readonly Uint8Array[]): Buffer {
  return serverMessage('d', ...parts);
}

/** NoticeResponse, which may come between two rows. */
export function noticeOf(bytes: number): Buffer {
  return serverMessage('N', Buffer.alloc(bytes));
}

/** A row as the server sends it: seven fields. A row as it is written has the dataset before them, as an eighth. */
export function copiedRow(values: Readonly<CopiedBar>): Buffer {
  const written = Buffer.alloc(WRITE_ROW.bytes);
  const dataset = 1;
  writeRow(new DataView(written.buffer, written.byteOffset, written.length), 0, dataset, ...values);
  const [fieldCount, datasetBytes] = [Buffer.from([0, 7]), 6]; // the dataset's length int32, and its value int16
  return Buffer.concat([fieldCount, written.subarray(fieldCount.length + datasetBytes)]);
}

/**
 * Gives the parts of what a server sends to the parser of a COPY, one after another.
 * @returns the bytes after the COPY; undefined when the parser has not seen its end
 */
export function bytesAfterCopy(
  parser: { read(part: Buffer): Buffer | undefined },
  parts: Iterable<Buffer>,
): Buffer | undefined {
  let after: Buffer | undefined;
  for (const part of parts) after = after ? Buffer.concat([after, part]) : parser.read(part);
  return after;
}
