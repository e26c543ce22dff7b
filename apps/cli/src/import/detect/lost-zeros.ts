/** Times of digits that lost their leading zeros in a spreadsheet: 000100 became 100, which looks like 01:00. Pure. */
import { fieldText, type RowHandler, splitterOf } from '../rows/index.js';
import type { TimeParser } from '../times/index.js';

/** Digits of HHmm and of HHmmss. */
const [HHMM, HHMMSS] = [4, 6];
/** A time of HHmm with fewer digits has lost more than the zero of its hour. */
const HMM = 3;
const [BLANK, ZERO, NINE] = [0x20, 0x30, 0x39];

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

/** Puts back the leading zeros of times of day, which come after a date and a blank. @param digits that a time of day has with its zeros */
export function withLostZeros(parse: TimeParser, digits: number): TimeParser {
  return (bytes, start, end) => {
    let last = end;
    while (last > start && bytes[last - 1] === BLANK) last--;
    let first = last;
    while (first > start && isDigit(bytes[first - 1]!)) first--;
    const isTime = first < last && first > start && bytes[first - 1] === BLANK;
    if (!isTime || last - first >= digits) return parse(bytes, start, end);
    const [date, time] = [bytes.subarray(start, first), bytes.subarray(first, last)];
    const whole = Buffer.concat([date, Buffer.alloc(digits - time.length, ZERO), time]);
    return parse(whole, 0, whole.length);
  };
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
