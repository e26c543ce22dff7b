/** Tells which arrays and objects of JSON are rows. */
import type { JsonContainer } from './json-container.js';

/** A row has at least a time and four prices: an object before the header with fewer scalars is no row. */
export const SCALARS_MIN = 5;
/** A key that is the time of the bar under it: a date, perhaps with a time of day, or an epoch. */
const TIME_KEY = /^(\d{4}-\d\d-\d\d([ T].*)?|\d{10}(\d{3}){0,3})$/;
/** A key of an open. */
const OPEN_KEY = /open|(^|\.)o$/i;

export function isTimeKey(key: string): boolean {
  return TIME_KEY.test(key);
}

/** True when a closed element, or an object under a time, is a row. @param hasHeader true when the columns are known from an earlier row */
export function isRow(container: JsonContainer, hasHeader: boolean): boolean {
  const { isArray, starts, takenScalars, isTooLong, hasContainers, hasArrays, isTimed } = container;
  if (isArray) return !hasContainers && (starts.length > 0 || isTooLong);
  const hasOpen = (): boolean => container.keys.some((key) => OPEN_KEY.test(key));
  if (isTimed && !hasOpen()) return false; // something else under a time, such as a split
  const ownScalars = starts.length - takenScalars;
  if (ownScalars >= SCALARS_MIN || isTooLong || (hasHeader && !hasContainers)) return true;
  // An object that has its scalars in objects inside. With an array, too, it may be an answer without rows and with facts in `meta`.
  return starts.length >= SCALARS_MIN && hasOpen() && !hasArrays;
}
