/** Suggests patterns for --time-format. */

/** A date of numbers and a time of day: `4.3.2024 14:30`, `2024/3/4 14:30:00.000000` or `03/04/24 2:30:00 PM`. */
const DATE_AND_TIME =
  /^(\d{4}|\d\d?)([-./])(\d\d?)\2(\d{4}|\d\d?)([ T])(\d\d?)(?::(\d\d))(:\d\d)?([.,]\d{1,9})?( ?)([ap]m)?$/i;

/**
 * The patterns that read a time: two when the day or the month may come first. Empty for other texts. One letter, such as `d`, reads one or
 * two digits.
 */
export function timePatterns(text: string): string[] {
  const match = DATE_AND_TIME.exec(text);
  if (match === null) return [];
  const [, first = '', sign = '', second = '', third = '', gap, hour, , seconds, fraction, blank = '', halfDay] = match;
  if (halfDay !== undefined && Number(hour) > 12) return []; // such as 14:30 PM
  const time = [
    gap === 'T' ? "'T'" : ' ',
    halfDay === undefined ? 'H:mm' : 'h:mm',
    seconds === undefined ? '' : ':ss',
    fraction === undefined ? '' : fraction.charAt(0) + (fraction.length === 4 ? 'SSS' : 'u'),
    halfDay === undefined ? '' : `${blank}a`,
  ].join('');
  const pattern = (...parts: string[]): string => parts.join(sign) + time;
  if (first.length === 4) return [pattern('yyyy', 'M', 'd')];
  const year = third.length === 4 ? 'yyyy' : 'yy';
  const [dayFirst, monthFirst] = [pattern('d', 'M', year), pattern('M', 'd', year)];
  if (sign === '.' || Number(first) > 12) return [dayFirst]; // dots are written where the day comes first
  return Number(second) > 12 ? [monthFirst] : [monthFirst, dayFirst];
}
