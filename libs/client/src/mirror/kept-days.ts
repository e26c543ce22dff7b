/** Decides how many days a mirror keeps: the given number, or as many as fit a fixed amount of memory. Pure. */
import type { SessionLayout } from '@barkeep/session-data';
import { COLUMN_BYTES } from './columns.js';

/** Upper bound for the memory of a mirror's bars when `keepDays` is not given, in bytes. */
export const MIRROR_BYTES_MAX = 512 * 1024 * 1024;

/** `keepDays` is not a whole number of 1 or more. */
export class KeepDaysError extends RangeError {
  override readonly name = 'KeepDaysError';
  constructor(
    /** The given value. */
    readonly keepDays: number,
  ) {
    super(`keepDays: expected a whole number of 1 or more, was ${keepDays}`);
  }
}

/**
 * Number of days to keep in addition to the day of the clock: `keepDays`, or by default as many as fit
 * {@link MIRROR_BYTES_MAX}, at least one.
 * @throws KeepDaysError
 */
export function keptDays(layout: SessionLayout, keepDays: number | undefined): number {
  if (keepDays !== undefined) {
    if (!Number.isInteger(keepDays) || keepDays < 1) throw new KeepDaysError(keepDays);
    return keepDays;
  }
  let slots = 0;
  for (const interval of layout.intervals) slots += layout.grid(0, interval).slotCount;
  return Math.max(1, Math.floor(MIRROR_BYTES_MAX / (slots * layout.symbols.length * COLUMN_BYTES)));
}
