/** Texts of CSV files for tests of the importer. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** 2024-03-04, 14:30 in UTC and 09:30 in New York: 1709562600 as epoch seconds. */
export const OPEN = Date.UTC(2024, 2, 4, 14, 30);

/** A time in 2024, UTC, epoch ms. @param month from 1 on, March by default */
export const timeAt = (day: number, hour: number, minute = 0, month = 3): number =>
  Date.UTC(2024, month - 1, day, hour, minute);

/** The header of files whose rows name no symbol. */
export const CSV_HEADER = 'time,open,high,low,close,volume\n';

/** Formats a time, epoch ms, as a file has it. */
export type TimeText = (ms: number) => string;
/** `2024-03-04T14:30:00Z`. */
export const isoText: TimeText = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');
/** `2024-03-04 14:30:00`, without a zone. */
export const wallText: TimeText = (ms) => isoText(ms).slice(0, 19).replace('T', ' ');

/** Rows under {@link CSV_HEADER}, all with the same prices and volume. @param from the time of the first one, epoch ms */
export function csvRows(count: number, from: number, stepMs = MINUTE_MS, text = isoText): string {
  return Array.from({ length: count }, (_, row) => `${text(from + row * stepMs)},10,11,9,10,5\n`).join('');
}

/** The row of a minute after {@link OPEN}, under {@link CSV_HEADER}. */
export function minuteRow(minute: number, price = 10): string {
  return `${isoText(OPEN + minute * MINUTE_MS)},${price},${price + 1},${price - 1},${price},5\n`;
}

/** {@link csvRows} every minute, with wall times that have no zone. */
export function wallRows(count: number, from: number): string {
  return csvRows(count, from, MINUTE_MS, wallText);
}

/** The same rows in reverse order. */
export const newestFirst = (text: string): string => `${text.trim().split('\n').toReversed().join('\n')}\n`;
