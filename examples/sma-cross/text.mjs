/** Formats the output of the examples. The text is the same on every machine. */

/** A number such as `-1,234.50`, or a percentage such as `99.94 %`. */
const FIGURE = /^-?[\d,.]+( %)?$/;

/** Formats objects of texts, at least one, as a table under the names of their fields. Columns of numbers are aligned to the right. */
export function table(rows) {
  const lines = [Object.keys(rows[0]), ...rows.map(Object.values)];
  const isFigure = lines[1].map((cell) => FIGURE.test(cell)); // by the first row
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (cell, column) => (isFigure[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]));
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

/** A whole number with separators, such as `19,497`. */
export function count(value) {
  return value.toLocaleString('en-US');
}

/** A number with two decimals. */
export function amount(value) {
  return value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** A time in New York, such as `2024-03-04 09:30`. Swedish texts of times have this form, followed by the seconds. */
export function newYorkTime(ms) {
  return new Date(ms).toLocaleString('sv-SE', { timeZone: 'America/New_York' }).slice(0, 16);
}
