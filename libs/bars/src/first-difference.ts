/** The first bar in which two runs differ. Pure. */

/** The bars of both runs at `openTime`; null for a run that has no bar then. */
export interface BarDifference<B extends { openTime: unknown }> {
  openTime: B['openTime'];
  a: B | null;
  b: B | null;
}

/** Compares the bars of one symbol and interval in two runs, each oldest first. @returns undefined when the runs have the same bars */
export function firstDifference<B extends { openTime: number | string }>(
  a: readonly B[],
  b: readonly B[],
  isEqual: (ofA: B, ofB: B) => boolean,
): BarDifference<B> | undefined {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [ofA, ofB] = [a[i], b[i]];
    if (ofA && ofB && ofA.openTime === ofB.openTime && isEqual(ofA, ofB)) continue;
    // The earlier bar: the run with the later one has no bar at that time.
    const openTime = ofA && (!ofB || ofA.openTime < ofB.openTime) ? ofA.openTime : ofB!.openTime;
    const atTime = (bar: B | undefined): B | null => (bar?.openTime === openTime ? bar : null);
    return { openTime, a: atTime(ofA), b: atTime(ofB) };
  }
  return undefined;
}
