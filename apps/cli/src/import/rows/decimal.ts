/**
 * Reads decimal numbers from bytes: a million rows are five million numbers, and a string for each would cost more than
 * the rest of an import. The result is the double that `Number(text)` gives; a test checks it.
 */

/** 10⁰ to 10²²: the powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Up to 15 digits are an exact integer in a double, and one exact division by a power of ten is rounded correctly. */
const EXACT_DIGITS_MAX = 15;
/** A whole number or a decimal fraction, possibly with an exponent. */
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const [SPACE, TAB, PLUS, MINUS, DOT, ZERO, NINE] = [32, 9, 43, 45, 46, 48, 57];

/** The number in `bytes[start, end)`, without surrounding blanks; NaN when it is not a decimal number or not finite. */
export function decimalAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let stop = end;
  while (at < stop && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  while (stop > at && (bytes[stop - 1] === SPACE || bytes[stop - 1] === TAB)) stop--;
  const textStart = at;
  const isNegative = bytes[at] === MINUS;
  if (isNegative || bytes[at] === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let decimals = -1; // digits after the decimal point; −1 before it
  for (; at < stop; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      digits++;
      if (decimals >= 0) decimals++;
    } else if (byte === DOT && decimals < 0) decimals = 0;
    else return slowDecimal(bytes, textStart, stop); // perhaps an exponent
  }
  if (digits === 0) return Number.NaN;
  if (digits > EXACT_DIGITS_MAX) return slowDecimal(bytes, textStart, stop);
  const value = decimals > 0 ? mantissa / (POWERS_OF_TEN[decimals] ?? Number.NaN) : mantissa;
  return isNegative ? -value : value;
}

/** Reads exponents and long numbers, through a string; NaN for text that is not a number. */
function slowDecimal(bytes: Uint8Array, start: number, end: number): number {
  return decimalOf(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1'));
}

/** The number times ten to the `exponent`, rounded only once; NaN for text that is not a number, and for an infinite result. */
function decimalOf(text: string, exponent = 0): number {
  if (!DECIMAL.test(text)) return Number.NaN;
  const letterAt = text.search(/e/i);
  const mantissa = letterAt < 0 ? text : text.slice(0, letterAt);
  const ownExponent = letterAt < 0 ? 0 : Number(text.slice(letterAt + 1));
  const value = Number(`${mantissa}e${ownExponent + exponent}`);
  return Number.isFinite(value) ? value : Number.NaN;
}

/** How a file writes numbers. */
export interface NumberStyle {
  /** @default '.' */
  decimal: '.' | ',';
  /** Separates groups of three digits, such as `,` in 1,234,567. */
  thousands?: string;
}

/** Reads the number in `bytes[start, end)`; NaN when the bytes are not a number. */
export type NumberReader = (bytes: Uint8Array, start: number, end: number) => number;

/**
 * Makes the reader for a style and a scale. Plain numbers (as in 1234.5) are read from their bytes, others from a text. A scale that is a
 * power of ten moves the decimal point of the text, so that fixed-point prices of 18 digits become the nearest double.
 * @param scale every number is divided by this
 */
export function numberReader({ decimal, thousands }: NumberStyle, scale: number): NumberReader {
  const isPlain = decimal === '.' && thousands === undefined;
  if (isPlain && scale === 1) return decimalAt;
  const scaleExponent = POWERS_OF_TEN.indexOf(scale); // 0 for no scale; −1 for one that is not a power of ten
  if (isPlain && scaleExponent > 0) return (bytes, start, end) => scaledAt(bytes, start, end, scaleExponent, scale);
  return (bytes, start, end) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
      .toString('utf8')
      .replace(/[\u00a0\u2009\u202f]/g, ' ') // the blanks between groups in French
      .replace(/\u2019/g, "'") // the apostrophe of Switzerland
      .trim();
    const plain = plainText(text, decimal, thousands);
    return scaleExponent >= 0 ? decimalOf(plain, -scaleExponent) : decimalOf(plain) / scale;
  };
}

/** Divides a number by `scale`, which is ten to the `scaleExponent`. A number that may not be exact as a double goes through text. */
function scaledAt(bytes: Uint8Array, start: number, end: number, scaleExponent: number, scale: number): number {
  const value = decimalAt(bytes, start, end);
  // A whole number of at most 15 digits is exact, so the division is its only rounding. A fraction was rounded when it was read.
  const isExact = end - start <= EXACT_DIGITS_MAX && Number.isSafeInteger(value);
  if (isExact) return value / scale;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    .toString('latin1')
    .trim();
  return decimalOf(text, -scaleExponent);
}

/**
 * The number with a decimal point and without the separators of groups. Empty, which is no number, when the text has a point that is neither,
 * or a group without three digits; the first group may have one or two.
 */
function plainText(text: string, decimal: string, thousands: string | undefined): string {
  const [whole = '', ...fractions] = text.split(decimal);
  if (fractions.length > 1) return '';
  const groups = thousands === undefined ? [whole] : whole.split(thousands);
  if (groups.length > 1 && !/^[+-]?\d{1,3}$/.test(groups[0] ?? '')) return '';
  if (!groups.slice(1).every((group) => /^\d{3}$/.test(group))) return '';
  if (decimal !== '.' && groups[0]?.includes('.')) return ''; // where the decimal sign is a comma, 1.234 is a mistake
  return fractions.length === 0 ? groups.join('') : `${groups.join('')}.${fractions[0]}`;
}
