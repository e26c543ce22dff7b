/** How many days a mirror keeps: those that it is told to, otherwise as many as fit a fixed amount of memory. Pure. */
import type { SessionLayout } from '@barkeep/session-data';
import { COLUMN_BYTES } from './columns.js';

/** Memory that a mirror's bars take at most, unless it is told how many days to keep, in bytes. */
export const MIRROR_BYTES_MAX = 512 * 1024 * 1024;

/** Raised for a number of days that cannot be kept. */
export class KeepDaysError extends RangeError {
  override readonly name = 'KeepDaysError';
  constructor(
    /** What was asked for. */
    readonly keepDays: number,
  ) {
    super(`keepDays: expected a whole number of 1 or more, was ${keepDays}`);
  }
}

/**
 * Days that are kept beside the one in which the clock stands: `keepDays`, or by default as many as
 * {@link MIRROR_BYTES_MAX} has room for, at least one.
 * @throws KeepDaysError
 */
export function keptDays(layout: SessionLayout, keepDays: number | undefined): number {
  if (keepDays !== undefined) {
    if (!Number.isInteger(keepDays) || keepDays < 1) throw new KeepDaysError(keepDays);
    return keepDays;
  }
  let slots = 0;
  for (const interval of [layout.base, ...layout.derived]) slots += layout.grid(0, interval).slotCount;
  return Math.max(1, Math.floor(MIRROR_BYTES_MAX / (slots * layout.symbols.length * COLUMN_BYTES)));
}
