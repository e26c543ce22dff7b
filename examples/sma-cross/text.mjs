/** Formats the output of the examples. The text is the same on every machine. */

/** Formats objects as a table whose header is the names of their fields. Columns of numbers are aligned to the right. */
export function table(rows) {
  const lines = [Object.keys(rows[0]), ...rows.map(Object.values)];
  const isFigure = lines[1].map((cell) => /^-?[\d,.]+( %)?$/.test(cell));
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (cell, column) => (isFigure[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]));
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

export function count(value) {
  return value.toLocaleString('en-US');
}

/** A number with two decimals. */
export function amount(value) {
  return value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** `2024-03-04 09:30` in New York. */
export function newYorkTime(ms) {
  return new Date(ms).toLocaleString('sv-SE', { timeZone: 'America/New_York' }).slice(0, 16);
}
