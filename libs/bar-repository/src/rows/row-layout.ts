/**
 * The binary form of a bar in a COPY of PostgreSQL, for reading and writing. Numbers are big-endian. Each field is an int32 length
 * followed by its bytes. A timestamp is an int64 of microseconds since 2000-01-01 UTC.
 * https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT
 */

/** 2000-01-01T00:00:00Z, epoch ms. */
export const POSTGRES_EPOCH_MS = 946_684_800_000;

/** The start of a binary COPY: `PGCOPY\n\377\r\n\0`, no flags, no extension. */
export const COPY_HEADER = Buffer.from([
  0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

/** The end of a binary COPY: a field count of -1. */
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);

/**
 * A row as it is read, with the offsets of its values: field count int16, then symbol_id int4, time timestamptz, and open, high, low,
 * close, volume float8, each after its int32 length.
 */
export const READ_ROW = {
  columns: 'symbol_id, "time", open, high, low, close, volume',
  fields: 7,
  bytes: 82,
  symbolId: 6,
  time: 14,
  open: 26,
  high: 38,
  low: 50,
  close: 62,
  volume: 74,
} as const;

/** A row as it is written: dataset_id int2, then the columns of {@link READ_ROW}. */
export const WRITE_ROW = { columns: `dataset_id, ${READ_ROW.columns}`, fields: 8, bytes: 88 } as const;

const TWO_POW_32 = 4_294_967_296;

/** Writes one row of {@link WRITE_ROW} at `at`: for each field its length, then its value. `openTime` is epoch ms. */
export function writeRow(
  view: DataView,
  at: number,
  datasetId: number,
  symbolId: number,
  openTime: number,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
): void {
  const micros = (openTime - POSTGRES_EPOCH_MS) * 1000;
  view.setInt16(at, WRITE_ROW.fields);
  view.setInt32(at + 2, 2);
  view.setInt16(at + 6, datasetId);
  view.setInt32(at + 8, 4);
  view.setInt32(at + 12, symbolId);
  view.setInt32(at + 16, 8);
  view.setInt32(at + 20, Math.floor(micros / TWO_POW_32)); // the high half of the int64
  view.setUint32(at + 24, micros >>> 0); // its low half
  view.setInt32(at + 28, 8);
  // + 0 turns -0 into 0, so that equal values are equal bytes.
  view.setFloat64(at + 32, open + 0);
  view.setInt32(at + 40, 8);
  view.setFloat64(at + 44, high + 0);
  view.setInt32(at + 52, 8);
  view.setFloat64(at + 56, low + 0);
  view.setInt32(at + 64, 8);
  view.setFloat64(at + 68, close + 0);
  view.setInt32(at + 76, 8);
  view.setFloat64(at + 80, volume + 0);
}

/** The timestamp at `at`, as epoch ms. Microseconds become a fraction. */
export function readTime(view: DataView, at: number): number {
  return (view.getInt32(at) * TWO_POW_32 + view.getUint32(at + 4)) / 1000 + POSTGRES_EPOCH_MS;
}

/** Called with the values of one bar. `openTime` is epoch ms. */
export type OnRow = (
  symbolId: number,
  openTime: number,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
) => void;

/** Reads the row at `at`, in the layout of {@link READ_ROW}, and calls `onRow` with its values. */
export function readRow(view: DataView, at: number, onRow: OnRow): void {
  onRow(
    view.getInt32(at + READ_ROW.symbolId),
    readTime(view, at + READ_ROW.time),
    view.getFloat64(at + READ_ROW.open),
    view.getFloat64(at + READ_ROW.high),
    view.getFloat64(at + READ_ROW.low),
    view.getFloat64(at + READ_ROW.close),
    view.getFloat64(at + READ_ROW.volume),
  );
}
