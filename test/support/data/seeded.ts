/** Random numbers for property tests: the same on every run and every machine, so that a failure can be repeated. */

export interface Seeded {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [from, to). */
  int(from: number, to: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the items; there must be at least one. */
  pick<T>(items: readonly T[]): T;
}

/** The xorshift32 generator. @param seed any whole number; 0 counts as 1, because from 0 the generator gives only zeros */
export function seeded(seed: number): Seeded {
  let state = seed | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (items) => items[int(0, items.length)]!,
  };
}
