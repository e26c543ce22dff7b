/**
 * Names the keys of JSON rows, by which their columns are found. Keys of an object inside of a row, such as `mid.o`, count as `o` only
 * where nothing else can be meant. Pure.
 */
import { PRICE_NAMES } from '../reading/index.js';
import type { ColumnName } from './header-columns.js';
import { unusableHeader } from './header-errors.js';
import { bareName, NAMES } from './header-names.js';

/** The objects around a key, and the key. The dot in `1. open`, a key of Alpha Vantage, is part of the key. */
const INNER_KEY = /^(.+)\.([^.\s]+)$/;

/**
 * The bare name of each key; '' for a key in which no column is looked for.
 * - Prices are looked for in the row itself, or in the only object that has all four.
 * - The volume and the symbol are looked for there, and in the row itself.
 * - The time is looked for beside the prices, then in the row itself, and then in all objects.
 * @param wanted the user's names of columns @throws FilePlanError when several objects have prices, or several have times
 */
export function keyNames(keys: readonly string[], wanted: ReadonlyMap<ColumnName, string>): string[] {
  const parts = keys.map((key) => {
    const [, object = '', name = key] = INNER_KEY.exec(key) ?? [];
    return { key, object, name: bareName(name) };
  });
  const isTime = ({ name }: { name: string }): boolean => NAMES.time.includes(name);
  const pricesOf = ({ name }: { name: string }) => PRICE_NAMES.filter((price) => NAMES[price].includes(name));
  const hasPrices = (object: string): boolean =>
    new Set(parts.flatMap((part) => (part.object === object ? pricesOf(part) : []))).size === PRICE_NAMES.length;

  const isOpenGiven = wanted.has('open');
  const priced = [...new Set(parts.map(({ object }) => object))].filter(hasPrices);
  const chosen = isOpenGiven || priced.includes('') ? [''] : priced;
  if (chosen.length > 1) {
    const example = PRICE_NAMES.map((price) => {
      const part = parts.find(({ object, name }) => object === chosen[0] && NAMES[price].includes(name));
      return `${price}=${part?.key}`;
    });
    throw unusableHeader(
      `expected one object with prices, was ${chosen.join(', ')}: name the right ones, such as --columns ${example.join(',')}`,
    );
  }
  const [prices = ''] = chosen;
  const timesIn = (fits: (object: string) => boolean) => parts.filter((part) => fits(part.object) && isTime(part));
  const times = [(object: string) => object === prices, (object: string) => object === '', () => true]
    .map(timesIn)
    .find((found) => found.length > 0);
  if (!wanted.has('time') && times !== undefined && new Set(times.map(({ object }) => object)).size > 1) {
    const names = times.map(({ key }) => key);
    throw unusableHeader(
      `expected one time, was ${names.join(', ')}: name the right one, such as --columns time=${names[0]}`,
    );
  }
  return parts.map((part) => {
    const { object, name } = part;
    if (isTime(part)) return times?.includes(part) ? name : '';
    if (object === prices) return name;
    return object === '' && pricesOf(part).length === 0 ? name : '';
  });
}
