/**
 * Splits JSON and NDJSON text into rows, without parsing values. A row is an array or an object of scalars, at the top
 * level or in an array: `[[…],[…]]`, `[{…},{…}]`, `{"bars":{"AAPL":[{…}]}}`, or NDJSON with a row per line. Arrays and objects
 * inside of a row object are skipped. In an array of rows, an element that is no row, such as `null`, is refused, so that it is counted.
 *
 * The handler gets a header first: the keys of the first object. When the rows are arrays, the header is the array that names their
 * columns, if there is one, as in `{"columns":[…],"data":[[…]]}`.
 * Between two pushes the splitter holds the texts of the open containers: at most `ROW_BYTES_MAX` bytes of each container.
 */
import { JsonTokens, type TokenHandler } from './json-tokens.js';
import { KEY_SEPARATOR, lastKey, type Row, ROW_BYTES_MAX, type RowHandler, rowOf, type Splitter } from './row.js';

/** Deepest nesting that is read; rows of bars are never deeper. */
const DEPTH_MAX = 16;
/** A bar has at least a time and four prices: an object before the header with fewer values is no row. */
const SCALARS_MIN = 5;
/** Keys of an object whose values name the rows in the arrays after them. */
const NAMING_KEYS = new Set(['symbol', 'ticker', 'instrument']);
/** Keys of an array that names the columns of the arrays after it, as in JSON of pandas and InfluxDB. */
const COLUMNS_KEYS = new Set(['columns', 'fields', 'headers', 'header']);
/** Number of bytes of a refused scalar that a message shows. */
const SHOWN_BYTES = 40;

/** An array or an object whose closing bracket was not read yet. */
class Container {
  /** Where each of its own scalars begins and ends in the bytes of the tokens. */
  starts: number[] = [];
  ends: number[] = [];
  /** Where the key of each scalar of an object begins and ends. After a key and before its value, there is one key more than scalars. */
  keyStarts: number[] = [];
  keyEnds: number[] = [];
  /** True in an object whose next text is a key. */
  awaitsKey: boolean;
  /** Number of commas between its elements so far. */
  commas = 0;
  /** True when its texts are longer than `ROW_BYTES_MAX`; then they are dropped. */
  isTooLong = false;
  /** Number of its scalars whose texts were dropped. */
  scalarsDropped = 0;
  /** True when one of its elements or values is an array or an object. */
  hasContainers = false;
  /** True when there are rows inside of it, at any depth. */
  hasRowsInside = false;
  /** True for an array, or the top level, when rows are among its own elements. */
  hasRowElements = false;
  /** True for an object in which rows came before a value that names their symbol. */
  hasUnnamedRows = false;
  /** The symbol that an object inside of this one names, such as `meta` of Twelve Data. */
  innerName: string | undefined;

  /**
   * @param line of its opening bracket @param start where its texts begin in the bytes of the tokens
   * @param group see `Row.group` @param named see `Row.named`
   */
  constructor(
    readonly isArray: boolean,
    readonly line: number,
    readonly start: number,
    readonly group: string | undefined,
    readonly named: string | undefined,
  ) {
    this.awaitsKey = !isArray;
  }

  /** Forgets its keys and scalars; only the number of scalars is kept. */
  dropTexts(): void {
    this.scalarsDropped += this.starts.length;
    this.starts = [];
    this.ends = [];
    this.keyStarts = [];
    this.keyEnds = [];
  }
}

export class JsonRows implements Splitter, TokenHandler {
  /** The symbols that objects name after the rows in them: too late for `Row.group`. */
  readonly lateNames = new Set<string>();
  readonly #tokens = new JsonTokens(this);
  /** The top level of the text counts as an array. */
  readonly #topLevel = new Container(true, 0, 0, undefined, undefined);
  /** The open containers, from the outermost (the top level) to the innermost. */
  readonly #open = [this.#topLevel];
  #innermost = this.#topLevel;
  /** The row that the handler gets, filled anew each time. */
  readonly #row: Row = { bytes: new Uint8Array(0), starts: [], ends: [], count: 0, line: 0 };
  /** The keys of the first object, as texts and as bytes. */
  #header: ({ names: readonly string[] } & Pick<Row, 'bytes' | 'ends'>) | undefined;
  /** The names in an array that names the columns of arrays. They become the header when the first row is an array. */
  #columns: readonly string[] | undefined;
  #hasArrayRows = false;
  /** True after an error for which the rest of the file is ignored. */
  #hasFailed = false;

  /** @param keys the header, when the text is a later part of a file; the handler does not get it again */
  constructor(
    private readonly handler: RowHandler,
    keys?: readonly string[],
  ) {
    if (keys !== undefined) this.#header = { names: keys, ...rowOf(keys, 0) };
  }

  push(chunk: Uint8Array): void {
    if (!this.#hasFailed) this.#tokens.push(chunk);
  }

  end(): void {
    this.#tokens.end();
    if (this.#open.length > 1 || this.#tokens.inString)
      this.#fail('expected a closing bracket or quote, was the end of the file');
  }

  open(isArray: boolean): void {
    if (this.#hasFailed) return;
    if (this.#open.length > DEPTH_MAX) return this.#fail(`nested more than ${DEPTH_MAX} deep`);
    const parent = this.#innermost;
    parent.hasContainers = true;
    const named = (parent.isArray ? undefined : this.#symbolIn(parent)) ?? parent.named;
    const group = parent.isArray ? parent.group : this.#groupIn(parent);
    this.#innermost = new Container(isArray, this.#tokens.line, this.#tokens.length, group, named);
    this.#open.push(this.#innermost);
  }

  comma(): void {
    const container = this.#innermost;
    this.#checkValues(container);
    container.commas++;
    container.awaitsKey = !container.isArray;
  }

  text(start: number, isTooLong: boolean): void {
    if (this.#hasFailed) return;
    const container = this.#innermost;
    if (container === this.#topLevel) return this.#fail('expected an array or an object');
    if (container.hasRowElements) return this.#refuseScalar(start);
    const end = this.#tokens.length;
    if (isTooLong) container.isTooLong = true;
    if (container.awaitsKey) {
      container.awaitsKey = false;
      container.keyStarts.push(start);
      container.keyEnds.push(end);
      return;
    }
    container.starts.push(start);
    container.ends.push(end);
    // Each scalar counts as one byte more, because empty ones have no bytes.
    if (end - container.start + container.starts.length > ROW_BYTES_MAX) container.isTooLong = true;
    if (!container.isTooLong) return;
    container.dropTexts();
    this.#tokens.length = container.start;
  }

  close(isArray: boolean): void {
    if (this.#hasFailed) return;
    const container = this.#innermost;
    if (container === this.#topLevel || container.isArray !== isArray) return this.#fail('unexpected closing bracket');
    this.#checkValues(container);
    this.#open.pop();
    const parent = this.#open.at(-1)!;
    this.#innermost = parent;
    const isRow = !this.#hasFailed && parent.isArray && this.#isRow(container);
    if (isRow) {
      if (!parent.hasRowElements) this.#beginRows(parent);
      this.#emit(container);
    } else if (parent.hasRowElements && !container.hasRowsInside)
      this.#refuse(container.line, `was ${isArray ? '[…]' : '{…}'}`);
    if (isRow || container.hasRowsInside) parent.hasRowsInside = true;
    if (container.hasRowsInside && !parent.isArray) parent.hasUnnamedRows ||= this.#symbolIn(parent) === undefined;
    if (container.hasUnnamedRows) this.#noteLateName(container);
    const mayNameRows = !isArray && !parent.isArray && !container.hasRowsInside;
    if (isArray && !parent.isArray) this.#takeColumns(container);
    if (mayNameRows) parent.innerName ??= this.#symbolIn(container);
    this.#tokens.length = container.start; // drops the container's texts
  }

  /**
   * The group of a container that opens in an object: the object's group, the symbol that an earlier value of the object names, if any,
   * and the container's key. Removes the key from the object.
   */
  #groupIn(container: Container): string {
    const { group, start, keyStarts, keyEnds } = container;
    const keyStart = keyStarts.pop() ?? start;
    const key = this.#tokens.textAt(keyStart, keyEnds.pop() ?? start);
    const name = this.#symbolIn(container);
    this.#tokens.length = keyStart;
    return [group, name, key].filter((part) => part !== undefined).join(KEY_SEPARATOR);
  }

  /** The symbol that a value of an object names, or an object inside of it, among those read so far. */
  #symbolIn({ start, starts, ends, keyStarts, keyEnds, innerName }: Container): string | undefined {
    const naming = keyStarts.findIndex((from, index) =>
      NAMING_KEYS.has(this.#tokens.textAt(from, keyEnds[index] ?? from)),
    );
    return naming < 0 ? innerName : this.#tokens.textAt(starts[naming] ?? start, ends[naming] ?? start);
  }

  /** Takes the names in an array as the columns of the arrays after it. Fails when rows before it had other names of columns, or none. */
  #takeColumns({ starts, ends, hasContainers, group = '' }: Container): void {
    if (hasContainers || starts.length < SCALARS_MIN || !COLUMNS_KEYS.has(lastKey(group))) return;
    const names = starts.map((start, index) => this.#tokens.textAt(start, ends[index] ?? start));
    const areOther = names.join() !== this.#columns?.join();
    const areBars = names.some((name) => /open/i.test(name));
    if (this.#hasArrayRows && areOther && areBars)
      return this.#fail(`expected one list of columns before all rows, was ${names.join()}`);
    if (!this.#hasArrayRows) this.#columns = names;
  }

  /** Makes the names of columns, if any, the header of the first array. */
  #beginArrays(line: number): void {
    this.#hasArrayRows = true;
    if (this.#columns !== undefined) this.#header ??= this.#newHeader(this.#columns, line);
  }

  #noteLateName(container: Container): void {
    const name = this.#symbolIn(container);
    if (name !== undefined) this.lateNames.add(name);
  }

  /** Notes the first row among the elements of an array. Refuses the scalars before it. */
  #beginRows(container: Container): void {
    container.hasRowElements = true;
    const scalars = container.scalarsDropped + container.starts.length;
    for (let count = 0; count < scalars; count++) this.#refuse(container.line, 'was a value before the first one');
  }

  /** Refuses a scalar between rows. @param start where it begins in the bytes of the tokens */
  #refuseScalar(start: number): void {
    const shown = this.#tokens.textAt(start, Math.min(this.#tokens.length, start + SHOWN_BYTES));
    this.#tokens.length = start;
    this.#refuse(this.#tokens.line, `was ${shown}`);
  }

  #refuse(line: number, was: string): void {
    if (!this.#hasFailed) this.handler.refuse(line, 'missing-fields', `expected a row, ${was}`);
  }

  /** Fails when a key has no value, or two values have no comma between them: the values would be in the wrong columns. */
  #checkValues({ isArray, starts, keyStarts, commas }: Container): void {
    if (isArray && starts.length > commas + 1) this.#fail('expected a comma between two values');
    if (!isArray && starts.length !== keyStarts.length) this.#fail('expected one value for each key');
  }

  /** True when a closed container, which is in an array or at the top level, is a row. */
  #isRow({ isArray, starts, isTooLong, hasContainers, hasRowsInside }: Container): boolean {
    if (hasRowsInside) return false;
    if (isArray) return !hasContainers && (starts.length > 0 || isTooLong);
    return starts.length >= SCALARS_MIN || isTooLong || (this.#header !== undefined && !hasContainers);
  }

  /** Passes a row to the handler. The values of an object get the order of the header. */
  #emit({ isArray, starts, ends, keyStarts, keyEnds, line, group, named, isTooLong }: Container): void {
    if (isTooLong) return this.handler.refuse(line, 'row-too-long', `more than ${ROW_BYTES_MAX} bytes`);
    if (isArray && !this.#hasArrayRows) this.#beginArrays(line);
    const row = this.#row;
    row.bytes = this.#tokens.bytes;
    row.starts = starts;
    row.ends = ends;
    row.line = line;
    row.group = group;
    row.named = named;
    if (!isArray && !this.#hasHeaderKeys(keyStarts, keyEnds)) {
      const keys = keyStarts.map((start, index) => this.#tokens.textAt(start, keyEnds[index] ?? start));
      const { names } = (this.#header ??= this.#newHeader(keys, line));
      // A key that this object lacks has the index −1, so its value becomes an empty text.
      const indexes = names.map((name) => keys.lastIndexOf(name));
      row.starts = indexes.map((index) => starts[index] ?? 0);
      row.ends = indexes.map((index) => ends[index] ?? 0);
    }
    row.count = row.starts.length;
    this.handler.row(row);
  }

  /** Makes the keys of the first object the header, and passes it to the handler. */
  #newHeader(names: readonly string[], line: number): { names: readonly string[] } & Row {
    const row = rowOf(names, line);
    this.handler.row({ ...row, isHeader: true });
    return { names, ...row };
  }

  /** True when an object has the keys of the header in the same order, as nearly all objects of a file do. */
  #hasHeaderKeys(keyStarts: readonly number[], keyEnds: readonly number[]): boolean {
    const header = this.#header;
    if (header === undefined || header.ends.length !== keyStarts.length) return false;
    const { bytes } = this.#tokens;
    let headerAt = 0;
    for (let index = 0; index < keyStarts.length; index++) {
      let at = keyStarts[index]!;
      const end = keyEnds[index]!;
      if (header.ends[index]! - headerAt !== end - at) return false;
      for (; at < end; at++, headerAt++) if (bytes[at] !== header.bytes[headerAt]) return false;
    }
    return true;
  }

  #fail(detail: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.handler.refuse(this.#tokens.line, 'bad-json', detail);
  }
}
