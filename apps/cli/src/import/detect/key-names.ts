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
const USUAL_NAMES = new Set(Object.values(NAMES).flat());
/** The object of the keys that are in no object inside of the row. */
const ROW = '';

interface Key {
  /** As in the header: `mid.o`. */
  key: string;
  /** The object that it is in: `mid`. */
  object: string;
  /** Its bare name, without the object: `o`. */
  name: string;
}
/** The columns that the user names. */
type Wanted = ReadonlyMap<ColumnName, string>;

/**
 * The bare name of each key; '' for a key that can be no column.
 * - Prices are looked for in one object, see {@link objectOfPrices}.
 * - The volume and the symbol are looked for there and in the row itself.
 * - The time is looked for there, then in the row itself, and then in all objects.
 * @throws FilePlanError when several objects have prices, or several have times
 */
export function keyNames(header: readonly string[], wanted: Wanted): string[] {
  const parts = header.map((key) => {
    const [, object = ROW, name = key] = INNER_KEY.exec(key) ?? [];
    return { key, object, name: bareName(name) };
  });
  // A key with a dot may be in no object: then its whole name is a usual one, such as `open.price`, and no other key begins like it.
  const isWhole = ({ key, object }: Key): boolean =>
    USUAL_NAMES.has(bareName(key)) && parts.filter((other) => other.object === object).length === 1;
  const keys = parts.map((part): Key => (isWhole(part) ? { ...part, object: ROW, name: bareName(part.key) } : part));
  const prices = objectOfPrices(keys, wanted);
  const times = keysOfTime(keys, prices, wanted);
  const isColumn = (key: Key): boolean => {
    if (isTime(key)) return times.includes(key);
    return key.object === prices || (key.object === ROW && !isPrice(key));
  };
  return keys.map((key) => (isColumn(key) ? key.name : ''));
}

/** The row itself, if it has all four prices or the user names their columns; otherwise the only object that has them. */
function objectOfPrices(keys: readonly Key[], wanted: Wanted): string {
  const findPrices = (inside: string) =>
    PRICE_NAMES.map((price) => keys.find(({ object, name }) => object === inside && NAMES[price].includes(name)));
  const objects = [...new Set(keys.map(({ object }) => object))].filter(
    (object) => !findPrices(object).includes(undefined),
  );
  const [first = ROW] = objects;
  if (wanted.has('open') || objects.includes(ROW)) return ROW;
  if (objects.length < 2) return first;
  const example = findPrices(first).map((key, index) => `${PRICE_NAMES[index]}=${key?.key}`);
  throw unusableHeader(
    `expected one object with prices, was ${objects.join(', ')}: name the right ones, such as --columns ${example.join(',')}`,
  );
}

/** The keys that may be the time; several are alternatives. @param prices the object of the prices */
function keysOfTime(keys: readonly Key[], prices: string, wanted: Wanted): readonly Key[] {
  const times = keys.filter(isTime);
  const near = [prices, ROW]
    .map((place) => times.filter(({ object }) => object === place))
    .find(({ length }) => length > 0);
  const areClear = near !== undefined || wanted.has('time') || new Set(times.map(({ object }) => object)).size < 2;
  if (areClear) return near ?? times;
  const names = times.map(({ key }) => key);
  throw unusableHeader(
    `expected one time, was ${names.join(', ')}: name the right one, such as --columns time=${names[0]}`,
  );
}

function isTime({ name }: Key): boolean {
  return NAMES.time.includes(name);
}

function isPrice({ name }: Key): boolean {
  return PRICE_NAMES.some((price) => NAMES[price].includes(name));
}
