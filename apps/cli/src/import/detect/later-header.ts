/** Recognises a header further down in a file that names other columns than the first one, as when files were joined. Pure. */
import { PRICE_NAMES, type RowLayout, type ValueFields } from '../reading/index.js';
import { bareName, NAMES } from './header-names.js';

/** Tells whether a row is a header whose columns are not those of the first header. */
export type IsOtherHeader = (texts: readonly string[]) => boolean;

/** A text that begins with a letter, and so is no number. */
const WORD = /^\p{L}/u;

/**
 * For a file that is not wide. A row is another header when it names all prices, and one of the used columns has another name there than
 * in the first header.
 * @param used the fields of the used columns
 * @param header the names in the first header; numbers for a file without a header
 * @param takesWords true when any four words in the places of the prices count as their names, such as adj_open
 */
export function otherHeader(
  used: Pick<RowLayout, 'date' | 'time' | 'symbol'> & { values: ValueFields },
  header: readonly string[],
  { takesWords } = { takesWords: false },
): IsOtherHeader {
  const { date, time, symbol, values } = used;
  const fields = { ...values, date, time, symbol, volume: values.volume[0] };
  const columns = (['date', 'time', 'symbol', 'volume', ...PRICE_NAMES] as const).flatMap((name) => {
    const field = fields[name];
    return field === undefined ? [] : { name, field, headerName: bareName(header[field] ?? '') };
  });
  return (texts) => {
    const names = texts.map(bareName);
    const areNamed = PRICE_NAMES.every((price) => {
      const headerName = bareName(header[values[price]] ?? '');
      return names.some((name) => name !== '' && (name === headerName || NAMES[price].includes(name)));
    });
    // A column is in its place when the row has its name of the first header there; or another usual name, and that name nowhere.
    const areInPlace = columns.every(({ name, field, headerName }) => {
      const text = names[field] ?? '';
      return text === headerName || (NAMES[name].includes(text) && !names.includes(headerName));
    });
    const words = new Set(PRICE_NAMES.map((price) => names[values[price]] ?? '').filter((name) => WORD.test(name)));
    const areWords = takesWords && words.size === PRICE_NAMES.length;
    return (areNamed || areWords) && !areInPlace;
  };
}

/** For a wide file. A row is another header when it has words where the prices are, and is no line of the first header. */
export function otherWideHeader({ values }: RowLayout, headerRows: readonly (readonly string[])[]): IsOtherHeader {
  const fields = values.flatMap((ofSymbol) => PRICE_NAMES.map((name) => ofSymbol[name]));
  return (texts) =>
    fields.every((field) => WORD.test(texts[field] ?? '')) &&
    !headerRows.some((row) => fields.every((field) => row[field] === texts[field]));
}
