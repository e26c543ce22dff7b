/** Checks properties on generated input, and cuts bytes into parts. The seed is fixed, so a failure repeats. */
import fc from 'fast-check';

const SETTINGS = { seed: 20_131_016, numRuns: 300 };

/** Checks a property on many inputs. @throws an error that shows the smallest input found to violate it */
export function check<T extends unknown[]>(property: fc.IProperty<T>): void {
  fc.assert(property, SETTINGS);
}

/** Numbers that {@link cutBytes} turns into places within the bytes. */
export const anyCuts = fc.array(fc.nat(), { maxLength: 8 });

/** Cuts bytes into parts, of which some may be empty. */
export function cutBytes(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to));
}
