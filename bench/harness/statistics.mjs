/** Of a handful of samples on a machine that others use too. */

/** The middle of the values that are there; undefined of none. */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Largest less smallest, as a part of the median. */
export function spread(values) {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}
