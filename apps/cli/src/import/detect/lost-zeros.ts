/** Times of digits that lost their leading zeros in a spreadsheet: 000100 became 100, which looks like 01:00. Pure. */
import { fieldText, type RowHandler, splitterOf } from '../rows/index.js';
import type { TimeParser } from '../times/index.js';

/** Digits of HHmm and of HHmmss. */
const [HHMM, HHMMSS] = [4, 6];
/** A time of HHmm with fewer digits has lost more than the zero of its hour. */
const HMM = 3;

/**
 * How many digits the times of day in a field have if none of them has lost zeros: 4 (HHmm) or 6 (HHmmss). Undefined when they are not
 * digits, or too few to tell.
 * @param head the first bytes of the file; times that lost more zeros may come later
 */
export function digitsBeforeLoss(head: Uint8Array, delimiter: string, field: number): number | undefined {
  let longest = 0;
  const handler: RowHandler = {
    row: (row) => {
      const text = field < row.count ? fieldText(row, field) : '';
      if (/^\d{1,6}$/.test(text)) longest = Math.max(longest, text.length);
    },
    refuse: () => undefined,
  };
  splitterOf(delimiter, handler).push(head);
  if (longest > HHMM) return HHMMSS;
  return longest < HMM ? undefined : HHMM;
}

/** Puts back the leading zeros of times of day: with 6 digits, `20240304 100` becomes `20240304 000100`. */
export function withLostZeros(parse: TimeParser, digits: number): TimeParser {
  return (bytes, start, end) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    const [, date = '', time] = /^([^]* )(\d+) *$/.exec(text) ?? [];
    if (time === undefined || time.length >= digits) return parse(bytes, start, end);
    const whole = Buffer.from(date + time.padStart(digits, '0'), 'latin1');
    return parse(whole, 0, whole.length);
  };
}
