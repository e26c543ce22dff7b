/** Times and time ranges of a query. Pure. */

/** From `from` to `to`, epoch ms, end exclusive. */
export interface TimeRange {
  from: number;
  to: number;
}

/** Thrown for a range whose start or end is no whole number of milliseconds. */
export class TimeRangeError extends Error {
  override readonly name = 'TimeRangeError';
  constructor(readonly range: TimeRange) {
    super(`expected a range of whole milliseconds since the epoch, was ${range.from} to ${range.to}`);
  }
}

/**
 * The same instants as sorted ranges that neither touch nor overlap, so that no row is read twice. Empty ranges are left out.
 * @throws TimeRangeError
 */
export function mergeRanges(ranges: readonly TimeRange[]): TimeRange[] {
  const merged: TimeRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    if (!Number.isSafeInteger(range.from) || !Number.isSafeInteger(range.to)) throw new TimeRangeError(range);
    if (range.to <= range.from) continue;
    const last = merged.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else merged.push({ from: range.from, to: range.to });
  }
  return merged;
}

/** @param time epoch ms */
export function isoText(time: number): string {
  return new Date(time).toISOString();
}
