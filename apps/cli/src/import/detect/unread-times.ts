/** Refuses a file when only a part of its times can be read: the times that can be read may be wrong, too. Pure. */
import { FilePlanError } from '../reading/index.js';

/** Fewest rows from which a share of unreadable times is judged. */
const JUDGED_ROWS_MIN = 10;
/** From this share of unreadable times on, the readable ones are doubted. */
const DOUBTED_SHARE_MIN = 0.25;
/** A file can be read at one end only when the shares of unreadable times at its two ends differ at least this much. */
const HALF_READ_DIFFERENCE_MIN = 0.8;

/** For each row, why its time could not be read; undefined if it was read. Rows that were refused for other reasons are left out. */
export type TimeFailures = readonly (string | undefined)[];

/**
 * Refuses a file when its times can be read at one end only, or when many of them cannot be read.
 * @param tail of the last rows; empty when the head is the whole file @throws FilePlanError
 */
export function refuseUnreadTimes(head: TimeFailures, tail: TimeFailures, isWhole: boolean): void {
  const quarter = Math.floor(head.length / 4);
  if (isWhole) refuseHalfRead(head.slice(0, quarter), head.slice(-quarter));
  else refuseHalfRead(head, tail);
  refusePartlyRead([...head, ...tail]);
}

/**
 * Refuses times that can be read at one end only: probably the day comes before the month. Such dates can be read until the 12th of a
 * month, as wrong dates, and from the 13th on they cannot.
 */
function refuseHalfRead(first: TimeFailures, last: TimeFailures): void {
  if (Math.min(first.length, last.length) < JUDGED_ROWS_MIN) return;
  const failedShare = (failures: TimeFailures): number =>
    failures.filter((failure) => failure !== undefined).length / failures.length;
  if (Math.abs(failedShare(first) - failedShare(last)) < HALF_READ_DIFFERENCE_MIN) return;
  const example = [...first, ...last].find((failure) => failure !== undefined) ?? '';
  throw new FilePlanError(
    'unreadable-time',
    `times can be read at one end of the file and not at the other (${example}): is the day before the month?`,
  );
}

function refusePartlyRead(timeFailures: TimeFailures): void {
  const unread = timeFailures.filter((failure) => failure !== undefined);
  const share = unread.length / timeFailures.length;
  // When no time can be read, no row is stored: the import refuses each row instead of the file.
  if (timeFailures.length < JUDGED_ROWS_MIN || share < DOUBTED_SHARE_MIN || share === 1) return;
  throw new FilePlanError(
    'unreadable-time',
    `${unread.length} of ${timeFailures.length} times could not be read (${unread[0]}), so the others may be wrong too`,
  );
}
