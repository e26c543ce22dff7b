/** The first bar in which two runs differ. Pure. */

/** A side is null when it has no bar at that time. */
export interface BarDifference<B extends { openTime: unknown }> {
  openTime: B['openTime'];
  a: B | null;
  b: B | null;
}

/** @param isEqual whether two bars of one time are equal @param a bars of one symbol and interval, oldest first @param b those of the other run */
export function firstDifference<B extends { openTime: number | string }>(
  a: readonly B[],
  b: readonly B[],
  isEqual: (ofA: B, ofB: B) => boolean,
): BarDifference<B> | undefined {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [ofA, ofB] = [a[i], b[i]];
    if (ofA && ofB && ofA.openTime === ofB.openTime && isEqual(ofA, ofB)) continue;
    const openTime = ofA && (!ofB || ofA.openTime < ofB.openTime) ? ofA.openTime : ofB!.openTime;
    const atTime = (bar: B | undefined): B | null => (bar?.openTime === openTime ? bar : null);
    return { openTime, a: atTime(ofA), b: atTime(ofB) };
  }
  return undefined;
}
