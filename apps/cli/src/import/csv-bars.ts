/**
 * Reads bars from CSV: finds the columns in the first row, then turns every row into a bar or a refusal.
 * Pure: bytes in, sink calls out. A row that is wrong costs that row; a header that is wrong costs the file.
 */
import { type ColumnMap, type ColumnName, ColumnsError, chosenColumns, columnsWithoutHeader } from './csv-columns.js';
import { type BarParser, readBar, type RowSink, SYMBOL_PATTERN, type ValueFields } from './parsed-row.js';
import { fieldText, type Row, RowSplitter, rowOf } from './row-splitter.js';
import { type RowTime, type TimeParser, timeParser } from './row-time.js';
import { WallClock } from './wall-time.js';

export interface CsvOptions {
  /** One character. @default ',' */
  delimiter: string;
  /** Whether the first row names the columns. @default true */
  header: boolean;
  columns: ReadonlyMap<ColumnName, string>;
  /** See TIME_FORMATS. @default 'auto' */
  timeFormat: string;
  /** Zone of times without an offset. @default 'UTC' */
  zone: string;
  /** Prices are divided by it. @default 1 */
  priceScale: number;
  /** Symbol of every row, instead of a symbol column. */
  symbol?: string;
}

export const CSV_DEFAULTS: CsvOptions = {
  delimiter: ',',
  header: true,
  columns: new Map(),
  timeFormat: 'auto',
  zone: 'UTC',
  priceScale: 1,
};

export class CsvBars implements BarParser {
  readonly #splitter: RowSplitter;
  readonly #time: TimeParser;
  /** Symbols as they stand in the file, and what they are for us; '' for one that cannot be. */
  readonly #symbols = new Map<string, string>();
  #columns: (ColumnMap & ValueFields) | undefined;
  #fieldsMin = 0;
  #unusable = false;

  constructor(
    private readonly options: CsvOptions,
    private readonly sink: RowSink,
  ) {
    this.#time = timeParser(options.timeFormat, new WallClock(options.zone));
    this.#splitter = new RowSplitter(options.delimiter, {
      row: (row) => this.#take(row),
      refuse: (line, reason, detail) => sink.refuse(line, reason, detail),
    });
  }

  push(chunk: Uint8Array): void {
    if (!this.#unusable) this.#splitter.push(chunk);
  }

  end(): void {
    if (!this.#unusable) this.#splitter.end();
  }

  #take(row: Row): void {
    if (this.#columns !== undefined) this.#read(row, this.#columns);
    else if (!this.#unusable) this.#begin(row);
  }

  #begin(row: Row): void {
    try {
      const columns = this.#findColumns(row);
      this.#columns = { ...columns, priceScale: this.options.priceScale };
      this.#fieldsMin = Math.max(...Object.values(columns)) + 1;
    } catch (error) {
      if (!(error instanceof ColumnsError)) throw error;
      this.#unusable = true;
      return this.sink.refuse(row.line, 'unusable-header', error.message);
    }
    if (!this.options.header) this.#read(row, this.#columns);
  }

  #findColumns(row: Row): ColumnMap {
    const { header, columns, symbol } = this.options;
    const names = Array.from({ length: row.count }, (_, field) => fieldText(row, field));
    const found = header ? chosenColumns(names, columns) : columnsWithoutHeader(row.count, columns);
    if (symbol === undefined && found.symbol === undefined) {
      throw new ColumnsError('expected a symbol column, --symbol or --symbol-from-path, was none of them');
    }
    return found;
  }

  #read(row: Row, columns: ColumnMap & ValueFields): void {
    if (row.count < this.#fieldsMin) {
      const detail = `expected at least ${this.#fieldsMin} fields, was ${row.count}`;
      return this.sink.refuse(row.line, 'missing-fields', detail);
    }
    const symbol = this.options.symbol ?? this.#symbolOf(row, columns.symbol ?? 0);
    if (symbol === '') {
      const detail = `expected ${SYMBOL_PATTERN.source}, was "${fieldText(row, columns.symbol ?? 0)}"`;
      return this.sink.refuse(row.line, 'bad-symbol', detail);
    }
    const openTime = this.#timeOf(row, columns);
    if (typeof openTime === 'number') readBar(row, columns, symbol, openTime, this.sink);
    else this.sink.refuse(row.line, openTime, `time ${this.#timeText(row, columns)} in ${this.options.zone}`);
  }

  #symbolOf(row: Row, field: number): string {
    const text = fieldText(row, field);
    let symbol = this.#symbols.get(text);
    if (symbol === undefined) {
      symbol = text.toUpperCase();
      if (!SYMBOL_PATTERN.test(symbol)) symbol = '';
      if (this.#symbols.size < 100_000) this.#symbols.set(text, symbol);
    }
    return symbol;
  }

  #timeOf(row: Row, columns: ColumnMap): RowTime {
    if (columns.date === undefined) {
      const field = columns.time;
      return this.#time(row.bytes, row.starts[field] ?? 0, row.ends[field] ?? 0);
    }
    const joined = rowOf([this.#timeText(row, columns)], row.line);
    return this.#time(joined.bytes, 0, joined.bytes.length);
  }

  #timeText(row: Row, { date, time }: ColumnMap): string {
    return date === undefined ? fieldText(row, time) : `${fieldText(row, date)} ${fieldText(row, time)}`;
  }
}
