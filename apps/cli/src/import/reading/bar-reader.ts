/** Turns each row of a file into a bar (or several, in a wide file) or a refusal, and passes them to a sink. Pure. */
import { type Prices, type RefusalReason, refuseValues } from '@barkeep/bars';
import { fieldText, type NumberReader, type Row, type RowHandler, type RowProblem, rowTexts } from '../rows/index.js';
import type { RowTime, TimeParser, TimeProblem } from '../times/index.js';
import { numberHint, priceHint, type RowSink, timeDetail, timeText } from './refusals.js';
import { fewestFields, PRICE_NAMES, type RowLayout, type ValueFields } from './row-layout.js';
import { RowSymbols, type RowSymbolsOptions } from './row-symbols.js';

/** A local binding: in CommonJS a re-export is a getter, which is slow when it is read for every row. */
const findRefusal = refuseValues;

export interface BarReaderOptions extends RowSymbolsOptions {
  layout: RowLayout;
  time: TimeParser;
  /** Zone of the times, for messages. */
  zone: string;
  /** Every bar must open on a multiple of this, in ms. @default 60_000 */
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

/** No market has minute bars of other years: a time outside of this range was read in the wrong unit. */
const TIME_MIN_MS = Date.UTC(1900, 0, 1);
const TIME_MAX_MS = Date.UTC(2200, 0, 1);
const MINUTE_MS = 60_000;
/** Some vendors write a close as the last second or millisecond of the bar. */
const LAST_SECOND_MS = 59_000;
/** Some vendors write this volume when they do not know it. It is stored as 0. */
const UNKNOWN_VOLUME = -1;
const SPACE = 32;
/** Longest text of a date and a time that are in separate fields. */
const TIME_BYTES_MAX = 128;

export class BarReader implements RowHandler {
  readonly #fieldsMin: number;
  readonly #isWide: boolean;
  /** Date, blank and time of a row that has date and time in separate fields. */
  readonly #joinedTime = new Uint8Array(TIME_BYTES_MAX);
  readonly #symbols: RowSymbols;
  /** Line of a header with other columns, below which no row is read. */
  #otherHeaderLine = Infinity;

  constructor(
    private readonly options: BarReaderOptions,
    private readonly sink: RowSink,
  ) {
    this.#fieldsMin = fewestFields(options.layout);
    this.#isWide = options.layout.values.length > 1;
    this.#symbols = new RowSymbols(options, options.layout.symbol);
  }

  refuse(line: number, reason: RowProblem, detail: string): void {
    if (line > this.options.headerLines) this.sink.refuse(line, reason, detail);
  }

  row(row: Row): void {
    const { layout, headerLines, shiftMs } = this.options;
    if (row.line <= headerLines || row.isHeader) return;
    if (row.line > this.#otherHeaderLine) return this.#refuseBelowHeader(row);
    if (row.count < this.#fieldsMin) {
      const detail = `expected at least ${this.#fieldsMin} fields, was ${row.count}`;
      return this.sink.refuse(row.line, 'missing-fields', detail);
    }
    if (row.count > layout.fieldsMax && this.#refuseSurplus(row)) return;
    // A wide row has the bars of several symbols, which the header names.
    const found = this.#isWide ? undefined : this.#symbols.of(row);
    if (found !== undefined && !('symbol' in found)) {
      this.#lookForHeader(row);
      return this.sink.refuse(row.line, found.reason, found.detail);
    }
    const time = this.#timeOf(row);
    if (typeof time !== 'number') return this.#refuseTime(row, time);
    const openTime = shiftMs === 0 ? time : roundedClose(time) - shiftMs;
    if (found === undefined) this.#readWide(row, openTime);
    else this.#readBar(row, layout.values[0]!, found.symbol, openTime);
  }

  /** Notes a refused row that is a header with other columns: the rows below it would be misread. */
  #lookForHeader(row: Row): void {
    if (this.options.isOtherHeader?.(rowTexts(row)) === true) this.#otherHeaderLine = row.line;
  }

  /** Refuses a row below a header with other columns. */
  #refuseBelowHeader({ line }: Row): void {
    const detail = `line ${this.#otherHeaderLine} is a header with other columns than the first one: give the rows below it a file of their own`;
    this.sink.refuse(line, 'unusable-header', detail);
  }

  /** Refuses a row with text beyond the header's fields, as after a comma in a number. @returns true when it does */
  #refuseSurplus(row: Row): boolean {
    const { fieldsMax } = this.options.layout;
    const texts = rowTexts(row);
    const field = texts.findIndex((text, index) => index >= fieldsMax && text !== '');
    if (field < 0) return false;
    this.#lookForHeader(row);
    const detail = `expected ${fieldsMax} fields, was ${row.count}: field ${field + 1} is "${texts[field]}"`;
    this.sink.refuse(row.line, 'too-many-fields', detail);
    return true;
  }

  /** Reads the bar of each symbol; a symbol whose prices are all empty has no bar in the row. */
  #readWide(row: Row, openTime: number): void {
    const { layout, names } = this.options;
    for (const fields of layout.values) {
      if (PRICE_NAMES.every((name) => fieldText(row, fields[name]) === '')) continue;
      const found = names.of(fields.symbol ?? '');
      if ('symbol' in found) this.#readBar(row, fields, found.symbol, openTime);
      else this.sink.refuse(row.line, found.reason, found.detail);
    }
  }

  /** Passes one bar to the sink, or refuses its values or its time. */
  #readBar(row: Row, fields: ValueFields, symbol: string, openTime: number): void {
    const { starts, ends, bytes } = row;
    const { price, prices, gridMs = MINUTE_MS } = this.options;
    let open = price(bytes, starts[fields.open] ?? 0, ends[fields.open] ?? 0);
    let high = price(bytes, starts[fields.high] ?? 0, ends[fields.high] ?? 0);
    let low = price(bytes, starts[fields.low] ?? 0, ends[fields.low] ?? 0);
    let close = price(bytes, starts[fields.close] ?? 0, ends[fields.close] ?? 0);
    if (fields.ask !== undefined) {
      open = meanOf(open, this.#priceOf(row, fields.ask.open));
      high = meanOf(high, this.#priceOf(row, fields.ask.high));
      low = meanOf(low, this.#priceOf(row, fields.ask.low));
      close = meanOf(close, this.#priceOf(row, fields.ask.close));
    }
    const readVolume = this.#volumeOf(row, fields.volume);
    const isVolumeUnknown = readVolume === UNKNOWN_VOLUME;
    const volume = isVolumeUnknown ? 0 : readVolume;
    const reason = findRefusal(open, high, low, close, volume, prices);
    if (reason !== undefined) return this.#refuseValues(row, fields, reason);
    if (openTime < TIME_MIN_MS || openTime > TIME_MAX_MS) {
      const detail = `expected a time from 1900 to 2200, was ${timeText(openTime)}`;
      return this.sink.refuse(row.line, 'time-out-of-range', detail);
    }
    if (openTime % gridMs !== 0) {
      const isLastSecond = roundedClose(openTime) !== openTime;
      const hint = isLastSecond ? '; --times close accepts closes such as 09:30:59' : '';
      return this.sink.refuse(row.line, 'off-grid', `expected a whole minute, was ${timeText(openTime)}${hint}`);
    }
    // Adding 0 turns −0 into 0: equal values must have equal bytes.
    const bar = { openTime, open: open + 0, high: high + 0, low: low + 0, close: close + 0, volume: volume + 0 };
    this.sink.bar(symbol, bar, isVolumeUnknown);
  }

  #priceOf(row: Row, field: number): number {
    return this.options.price(row.bytes, row.starts[field] ?? 0, row.ends[field] ?? 0);
  }

  /** The sum of the volume fields. A negative one is returned alone: it is refused, or means that the volume is unknown. */
  #volumeOf(row: Row, fields: readonly number[]): number {
    let sum = 0;
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index]!;
      const volume = this.options.volume(row.bytes, row.starts[field] ?? 0, row.ends[field] ?? 0);
      if (volume < 0) return volume;
      sum += volume;
    }
    return sum;
  }

  /** Reads the time. When the date is in another field, joins the two first. */
  #timeOf(row: Row): RowTime {
    const { layout, time: parse } = this.options;
    const { date, time } = layout;
    const { bytes } = row;
    let timeStart = row.starts[time] ?? 0;
    const timeEnd = row.ends[time] ?? 0;
    if (date === undefined) return parse(bytes, timeStart, timeEnd);
    const dateStart = row.starts[date] ?? 0;
    let dateEnd = row.ends[date] ?? 0;
    while (dateEnd > dateStart && bytes[dateEnd - 1] === SPACE) dateEnd--;
    while (timeStart < timeEnd && bytes[timeStart] === SPACE) timeStart++;
    const length = dateEnd - dateStart + 1 + timeEnd - timeStart;
    if (length > TIME_BYTES_MAX) return 'unreadable-time';
    const joined = this.#joinedTime;
    let to = 0;
    for (let at = dateStart; at < dateEnd; at++) joined[to++] = bytes[at]!;
    joined[to++] = SPACE;
    for (let at = timeStart; at < timeEnd; at++) joined[to++] = bytes[at]!;
    return parse(joined, 0, length);
  }

  #refuseTime(row: Row, problem: TimeProblem): void {
    this.#lookForHeader(row);
    const { date, time } = this.options.layout;
    const text = date === undefined ? fieldText(row, time) : `${fieldText(row, date)} ${fieldText(row, time)}`;
    this.sink.refuse(row.line, problem, timeDetail(problem, text, this.options.zone));
  }

  /** Refuses a row for its first value that is not a number, otherwise for `reason`. */
  #refuseValues(row: Row, fields: ValueFields, reason: RefusalReason): void {
    const { price, volume } = this.options;
    const { ask } = fields;
    const prefix = this.#isWide ? `${fields.symbol} ` : '';
    const readField = (name: string, field: number, reader: NumberReader) => ({
      name: prefix + name,
      text: fieldText(row, field),
      value: reader(row.bytes, row.starts[field] ?? 0, row.ends[field] ?? 0),
    });
    const values = [
      ...PRICE_NAMES.map((name) => readField(name, fields[name], price)),
      ...(ask === undefined ? [] : PRICE_NAMES.map((name) => readField(`ask ${name}`, ask[name], price))),
      ...fields.volume.map((field) => readField('volume', field, volume)),
    ];
    const notNumber = values.find(({ value }) => Number.isNaN(value));
    if (notNumber === undefined) {
      const detail = values.map(({ name, text }) => `${name} ${text}`).join(', ');
      return this.sink.refuse(row.line, reason, detail + priceHint(reason));
    }
    const { name, text } = notNumber;
    const isNotFinite = /^[+-]?(nan|inf)/i.test(text) || Math.abs(Number(text)) === Infinity;
    const detail = `${name}: expected a number, was "${text}"`;
    if (isNotFinite) return this.sink.refuse(row.line, 'not-finite', detail);
    const hint = name === 'volume' && text === '' ? '; if no row has a volume, add --volume none' : numberHint(text);
    this.sink.refuse(row.line, 'not-a-number', detail + hint);
  }
}

/** The mean of two prices, rounded to 15 digits: 1.085 and 1.087 give 1.086, not 1.0859999999999999. */
function meanOf(bid: number, ask: number): number {
  return Number(((bid + ask) / 2).toPrecision(15));
}

/** Rounds a time in the last second of a minute up to the next minute. Returns any other time unchanged. Epoch ms. */
function roundedClose(time: number): number {
  const intoMinute = time % MINUTE_MS;
  return intoMinute >= LAST_SECOND_MS ? time - intoMinute + MINUTE_MS : time;
}
