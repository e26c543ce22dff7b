/** Statistics of a few samples from a machine that other programs use too. */

/** The median of the values that are not undefined; undefined when there are none. */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The difference between the largest and the smallest value, divided by the median. */
export function spread(values) {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}
