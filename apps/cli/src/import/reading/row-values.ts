/** Reads the prices and the volume of a bar from the fields of a row. */
import type { RefusalReason } from '@barkeep/bars';
import { fieldText, type NumberReader, type Row } from '../rows/index.js';
import { notNumber, priceHint, type RowRefusal } from './refusals.js';
import { PRICE_NAMES, type ValueFields } from './row-layout.js';

export class RowValues {
  constructor(
    private readonly price: NumberReader,
    private readonly volume: NumberReader,
  ) {}

  /** A price; the mean of bid and ask when the ask has a field, too. NaN when one is no number. */
  priceIn({ bytes, starts, ends }: Row, field: number, askField?: number): number {
    const bid = this.price(bytes, starts[field] ?? 0, ends[field] ?? 0);
    return askField === undefined ? bid : meanOf(bid, this.price(bytes, starts[askField] ?? 0, ends[askField] ?? 0));
  }

  /** The sum of the volume fields. A negative one is returned alone: it is refused, or means that the volume is unknown. */
  volumeIn({ bytes, starts, ends }: Row, fields: readonly number[]): number {
    let sum = 0;
    for (const field of fields) {
      const volume = this.volume(bytes, starts[field] ?? 0, ends[field] ?? 0);
      if (volume < 0) return volume;
      sum += volume;
    }
    return sum;
  }

  /** Names the first value that is not a number; when all are, shows all values with `reason`. @param prefix of the names */
  refusalOf(row: Row, { ask, ...fields }: ValueFields, reason: RefusalReason, prefix: string): RowRefusal {
    const valueIn = (name: string, field: number, read: NumberReader) => {
      const value = read(row.bytes, row.starts[field] ?? 0, row.ends[field] ?? 0);
      return { name: prefix + name, text: fieldText(row, field), isNumber: !Number.isNaN(value) };
    };
    const values = [
      ...PRICE_NAMES.map((name) => valueIn(name, fields[name], this.price)),
      ...(ask === undefined ? [] : PRICE_NAMES.map((name) => valueIn(`ask ${name}`, ask[name], this.price))),
      ...fields.volume.map((field) => valueIn('volume', field, this.volume)),
    ];
    const wrong = values.find(({ isNumber }) => !isNumber);
    if (wrong !== undefined) return notNumber(wrong.name, wrong.text);
    return { reason, detail: values.map(({ name, text }) => `${name} ${text}`).join(', ') + priceHint(reason) };
  }
}

/** The mean of two prices, rounded to 15 digits: 1.085 and 1.087 give 1.086, not 1.0859999999999999. */
function meanOf(bid: number, ask: number): number {
  return Number(((bid + ask) / 2).toPrecision(15));
}
