/**
 * Reads decimal numbers straight from bytes: a million CSV rows are five million numbers, and making a string of each
 * costs more than everything else in an import. The result is the double that `Number(text)` gives; a test holds it.
 */

const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Up to 15 digits are an exact integer in a double, and one exact division by a power of ten is rounded correctly. */
const EXACT_DIGITS_MAX = 15;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const [SPACE, TAB, PLUS, MINUS, DOT, ZERO, NINE] = [32, 9, 43, 45, 46, 48, 57];

/** The number in `bytes[start, end)`, surrounding blanks ignored; NaN when it is no decimal number or is not finite. */
export function decimalAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let stop = end;
  while (at < stop && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  while (stop > at && (bytes[stop - 1] === SPACE || bytes[stop - 1] === TAB)) stop--;
  const first = at;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let decimals = -1;
  for (; at < stop; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      digits++;
      if (decimals >= 0) decimals++;
    } else if (byte === DOT && decimals < 0) decimals = 0;
    else return slowDecimal(bytes, first, stop);
  }
  if (digits === 0) return Number.NaN;
  if (digits > EXACT_DIGITS_MAX) return slowDecimal(bytes, first, stop);
  const value = decimals > 0 ? mantissa / (POWERS_OF_TEN[decimals] ?? Number.NaN) : mantissa;
  return negative ? -value : value;
}

/** Exponents and long numbers; also where everything that is no number ends. */
function slowDecimal(bytes: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

/** The whole number of `length` digits at `start`, or -1 when one of them is no digit. */
export function digitsAt(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let at = start; at < start + length; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
