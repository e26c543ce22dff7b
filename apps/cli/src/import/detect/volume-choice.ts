/**
 * Chooses between several volume columns of a file, such as the traded volume and the number of ticks, by counting all
 * rows of the file. The first rows are not enough: some vendors fill a column only from a later date on.
 */
import type { NumberReader, Row, RowHandler } from '../rows/index.js';

export interface VolumeColumn {
  field: number; // from 0
  name: string;
}

/** The column that is used, and what the user should know about the choice. */
export interface ChosenVolume extends Pick<VolumeColumn, 'field'> {
  note: string;
  warning?: string;
}

/** The first field that is above 0 in a sampled row. It serves the sample; a {@link VolumeChoice} over the whole file decides later. */
export function firstUsed(fields: readonly number[], data: readonly { texts: readonly string[] }[]): number {
  return fields.find((field) => data.some(({ texts }) => Number(texts[field]) > 0)) ?? fields[0]!;
}

export class VolumeChoice implements RowHandler {
  /** For each column, the number of counted rows in which it is above 0. */
  readonly #usedRows: number[];
  /** The counted rows: those in which any of the columns is above 0. */
  #rows = 0;

  /** @param columns in the order of preference @param headerLines rows up to this line are not data */
  constructor(
    private readonly columns: readonly VolumeColumn[],
    private readonly volume: NumberReader,
    private readonly headerLines: number,
  ) {
    this.#usedRows = columns.map(() => 0);
  }

  row({ bytes, starts, ends, count, line, isHeader }: Row): void {
    if (line <= this.headerLines || isHeader) return; // the header of CSV, or the keys of JSON
    const { columns } = this;
    let isCounted = false;
    for (let index = 0; index < columns.length; index++) {
      const { field } = columns[index]!;
      if (field >= count || !(this.volume(bytes, starts[field] ?? 0, ends[field] ?? 0) > 0)) continue;
      this.#usedRows[index]!++;
      isCounted = true;
    }
    if (isCounted) this.#rows++;
  }

  refuse(): void {
    // The BarReader reports such a row.
  }

  /** The first column that is above 0 in at least half of the counted rows; otherwise the one with the most such rows. */
  get chosen(): ChosenVolume {
    const firstInHalf = this.#usedRows.findIndex((rows) => rows * 2 >= this.#rows);
    const index = firstInHalf >= 0 ? firstInHalf : this.#usedRows.indexOf(Math.max(...this.#usedRows));
    const { field, name } = this.columns[index]!;
    const others = this.columns.filter((column) => column.field !== field).map((column) => column.name);
    const note = `volume is ${name}; not taken: ${others.join(', ')}`;
    const lacking = this.#rows - this.#usedRows[index]!;
    const warning = `${note}. ${name} is 0 in ${lacking} rows in which another one is not: --columns volume=… names the right one`;
    return { field, note, ...(lacking > 0 && { warning }) };
  }
}
