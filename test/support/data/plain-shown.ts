/** The fields of a shown bar that tests compute plainly, without the product's code. */
import type { Bar } from '@barkeep/bars';

export type PlainBar = Bar & { origin: string };

/** A bar without its other fields. */
export function plainBar({ openTime, open, high, low, close, volume, origin }: PlainBar): PlainBar {
  return { openTime, open, high, low, close, volume, origin };
}
