/** Times of digits that lost their leading zeros in a spreadsheet: 000100 became 100, which looks like 01:00. Pure. */
import { fieldText, type RowHandler, splitterOf } from '../rows/index.js';
import type { TimeParser } from '../times/index.js';

/** Digits of HHmm and of HHmmss. */
const [HHMM, HHMMSS] = [4, 6];

/**
 * How many digits the times of day in a field have when they lost leading zeros: 4 (HHmm) or 6 (HHmmss). Undefined when none is lost, or
 * when only an hour lacks its zero: 930 and 93000 can be read.
 * @param head the first bytes of the file
 */
export function digitsBeforeLoss(head: Uint8Array, delimiter: string, field: number): number | undefined {
  let [shortest, longest] = [Infinity, 0];
  const handler: RowHandler = {
    row: (row) => {
      const text = field < row.count ? fieldText(row, field) : '';
      if (!/^\d{1,6}$/.test(text)) return;
      shortest = Math.min(shortest, text.length);
      longest = Math.max(longest, text.length);
    },
    refuse: () => undefined,
  };
  splitterOf(delimiter, handler).push(head);
  const digits = longest > HHMM ? HHMMSS : HHMM;
  const fewest = digits === HHMMSS ? HHMM : 2; // with so few digits, even the zero of the hour is not the only one that is lost
  return longest > fewest && shortest <= fewest ? digits : undefined;
}

/** Puts back the leading zeros of times of day, which come after a date and a blank. @param digits of a whole time */
export function withLostZeros(parse: TimeParser, digits: number): TimeParser {
  return (bytes, start, end) => {
    const text = Buffer.from(bytes.subarray(start, end)).toString('latin1').trim();
    const whole = Buffer.from(
      text.replace(/\d+$/, (time) => time.padStart(digits, '0')),
      'latin1',
    );
    return parse(whole, 0, whole.length);
  };
}
