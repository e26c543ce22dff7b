/** Turns each row of a file into a bar (or several, in a wide file) or a refusal, and passes them to a sink. Pure. */
import { type Prices, refuseValues } from '@barkeep/bars';
import { fieldText, type NumberReader, type Row, type RowHandler, type RowProblem, rowTexts } from '../rows/index.js';
import type { TimeParser } from '../times/index.js';
import { type RowRefusal, type RowSink, timeDetail } from './refusals.js';
import { formingRefusal, roundedClose, surplusRefusal, timeRefusal } from './row-checks.js';
import { fewestFields, PRICE_NAMES, type RowLayout, type ValueFields } from './row-layout.js';
import { RowSymbols, type RowSymbolsOptions } from './row-symbols.js';
import { RowTimes } from './row-times.js';
import { RowValues } from './row-values.js';

/** A local binding: in CommonJS a re-export is a getter, which is slow when it is read for every row. */
const findRefusal = refuseValues;

export interface BarReaderOptions extends RowSymbolsOptions {
  layout: RowLayout;
  time: TimeParser;
  /** Zone of the times, for messages. */
  zone: string;
  /** Every bar must open on a multiple of this, in ms. @default a minute */
  gridMs?: number;
  /** Subtracted from every time, in ms: the interval when times are closes, 0 when they are opens. */
  shiftMs: number;
  price: NumberReader;
  volume: NumberReader;
  prices: Prices;
  /** Rows up to and including this line are the header or come before it, and are not read. */
  headerLines: number;
  /** Tells whether a row below the header is another header, with other columns. The rows after such a header are refused. */
  isOtherHeader?: (texts: readonly string[]) => boolean;
}

/** Some vendors write this volume when they do not know it. It is stored as 0. */
const UNKNOWN_VOLUME = -1;

export class BarReader implements RowHandler {
  readonly #fieldsMin: number;
  readonly #isWide: boolean;
  readonly #symbols: RowSymbols;
  readonly #times: RowTimes;
  readonly #values: RowValues;
  /** Line of a header with other columns, below which no row is read. */
  #otherHeaderLine = Infinity;

  constructor(
    private readonly options: BarReaderOptions,
    private readonly sink: RowSink,
  ) {
    const { layout, time, price, volume } = options;
    this.#fieldsMin = fewestFields(layout);
    this.#isWide = layout.values.length > 1;
    this.#symbols = new RowSymbols(options, layout.symbol);
    this.#times = new RowTimes(layout, time);
    this.#values = new RowValues(price, volume);
  }

  refuse(line: number, reason: RowProblem, detail: string): void {
    if (line > this.options.headerLines) this.sink.refuse(line, reason, detail);
  }

  row(row: Row): void {
    const { layout, headerLines, shiftMs, zone } = this.options;
    if (row.line <= headerLines || row.isHeader) return;
    if (row.line > this.#otherHeaderLine) {
      const detail = `line ${this.#otherHeaderLine} is a header with other columns than the first one: give the rows below it a file of their own`;
      return this.#refuse(row, { reason: 'unusable-header', detail });
    }
    if (row.count < this.#fieldsMin) {
      const detail = `expected at least ${this.#fieldsMin} fields, was ${row.count}`;
      return this.#refuse(row, { reason: 'missing-fields', detail });
    }
    const surplus = row.count > layout.fieldsMax ? surplusRefusal(row, layout.fieldsMax) : undefined;
    if (surplus !== undefined) return this.#refuseAsHeader(row, surplus);
    const forming = layout.complete && formingRefusal(row, layout.complete);
    if (forming !== undefined) return this.#refuse(row, forming);
    // A wide row has the bars of several symbols, which the header names.
    const found = this.#isWide ? undefined : this.#symbols.of(row);
    if (found !== undefined && !('symbol' in found)) return this.#refuseAsHeader(row, found);
    const time = this.#times.of(row);
    if (typeof time !== 'number') {
      const detail = timeDetail(time, this.#times.textOf(row), zone);
      return this.#refuseAsHeader(row, { reason: time, detail });
    }
    const openTime = shiftMs === 0 ? time : roundedClose(time) - shiftMs;
    if (found === undefined) this.#readWide(row, openTime);
    else this.#readBar(row, layout.values[0]!, found.symbol, openTime);
  }

  #refuse({ line }: Row, { reason, detail }: RowRefusal): void {
    this.sink.refuse(line, reason, detail);
  }

  /** Refuses a row that may be a header. If its columns are others, the rows below it would be misread, and are refused, too. */
  #refuseAsHeader(row: Row, refusal: RowRefusal): void {
    if (this.options.isOtherHeader?.(rowTexts(row)) === true) this.#otherHeaderLine = row.line;
    this.#refuse(row, refusal);
  }

  /** Reads the bar of each symbol; a symbol whose prices are all empty has no bar in the row. */
  #readWide(row: Row, openTime: number): void {
    const { layout, names } = this.options;
    for (const fields of layout.values) {
      if (PRICE_NAMES.every((name) => fieldText(row, fields[name]) === '')) continue;
      const found = names.of(fields.symbol ?? '');
      if ('symbol' in found) this.#readBar(row, fields, found.symbol, openTime);
      else this.#refuse(row, found);
    }
  }

  /** Passes one bar to the sink, or refuses its values or its time. */
  #readBar(row: Row, fields: ValueFields, symbol: string, openTime: number): void {
    const { ask } = fields;
    const open = this.#values.priceIn(row, fields.open, ask?.open);
    const high = this.#values.priceIn(row, fields.high, ask?.high);
    const low = this.#values.priceIn(row, fields.low, ask?.low);
    const close = this.#values.priceIn(row, fields.close, ask?.close);
    const readVolume = this.#values.volumeIn(row, fields.volume);
    const isVolumeUnknown = readVolume === UNKNOWN_VOLUME;
    const volume = isVolumeUnknown ? 0 : readVolume;
    const reason = findRefusal(open, high, low, close, volume, this.options.prices);
    if (reason !== undefined) {
      const prefix = this.#isWide ? `${fields.symbol} ` : '';
      return this.#refuse(row, this.#values.refusalOf(row, fields, reason, prefix));
    }
    const wrongTime = timeRefusal(openTime, this.options.gridMs);
    if (wrongTime !== undefined) return this.#refuse(row, wrongTime);
    // Adding 0 turns −0 into 0: equal values must have equal bytes.
    const bar = { openTime, open: open + 0, high: high + 0, low: low + 0, close: close + 0, volume: volume + 0 };
    this.sink.bar(symbol, bar, isVolumeUnknown);
  }
}
