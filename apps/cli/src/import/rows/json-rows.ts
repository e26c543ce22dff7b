/**
 * Splits JSON and NDJSON text into rows, without parsing values. A row is an array or an object of scalars, at the top
 * level or in an array: `[[…],[…]]`, `[{…},{…}]`, `{"bars":{"AAPL":[{…}]}}`, or NDJSON with a row per line. It may also be an object under
 * its time, as in `{"2024-03-04 09:30:00":{…}}`; the time is then its first field. Objects inside of a row object give fields such as
 * `mid.o`, and arrays are skipped. Beside rows, an element that is no row, such as `null`, is refused, so that it is counted.
 */
import { JsonContainer } from './json-container.js';
import { JsonHeader } from './json-header.js';
import { isRow, isTimeKey } from './json-row-shape.js';
import { JsonTokens, type TokenHandler } from './json-tokens.js';
import { KEY_SEPARATOR, ROW_BYTES_MAX, type RowHandler, type Splitter } from './row.js';

/** Deepest nesting that is read; rows of bars are never deeper. */
const DEPTH_MAX = 16;
/** Number of bytes of a refused scalar that a message shows. */
const SHOWN_BYTES = 40;

/** Holds the texts of the open containers: at most `ROW_BYTES_MAX` bytes of each. */
export class JsonRows implements Splitter, TokenHandler {
  /** The symbols that objects name after the rows in them: too late for `Row.group`. */
  readonly lateNames = new Set<string>();
  readonly #tokens = new JsonTokens(this);
  readonly #header: JsonHeader;
  /** The top level of the text counts as an array. */
  readonly #topLevel = new JsonContainer(this.#tokens, true);
  /** The open containers, from the outermost (the top level) to the innermost. */
  readonly #open = [this.#topLevel];
  #innermost = this.#topLevel;
  /** True after an error for which the rest of the file is ignored. */
  #hasFailed = false;

  /**
   * @param keys the header, when the text is a later part of a file; the handler does not get it again. Brackets that were opened before the
   * part, and keys of the objects that they opened, are then no errors.
   */
  constructor(
    private readonly handler: RowHandler,
    private readonly keys?: readonly string[],
  ) {
    this.#header = new JsonHeader(handler, keys);
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
    parent.hasArrays ||= isArray;
    this.#innermost = parent.isArray
      ? new JsonContainer(this.#tokens, isArray, parent.group, parent.named)
      : this.#valueOf(parent, isArray);
    this.#open.push(this.#innermost);
  }

  /** Opens a value of an object. */
  #valueOf(parent: JsonContainer, isArray: boolean): JsonContainer {
    const key = parent.takeKey();
    const { symbol } = parent;
    const isTimed = !isArray && isTimeKey(key);
    // The end of a name with a separator in it may look like a symbol.
    const names = [symbol, isTimed ? undefined : key].map((name) => name?.replaceAll(KEY_SEPARATOR, '\ufffd'));
    const keys = [parent.group, ...names].filter((part) => part !== undefined);
    const group = keys.length === 0 ? undefined : keys.join(KEY_SEPARATOR);
    const value = new JsonContainer(this.#tokens, isArray, group, symbol ?? parent.named);
    if (isTimed) value.addTime(key);
    return value;
  }

  comma(): void {
    const { problem } = this.#innermost;
    if (problem !== undefined) this.#fail(problem);
    this.#innermost.comma();
  }

  text(start: number, isTooLong: boolean): void {
    if (this.#hasFailed) return;
    if (this.#innermost === this.#topLevel) {
      if (this.keys === undefined) return this.#fail('expected an array or an object');
      this.open(false); // the object of this key
      this.#innermost.hasRowsInside = true;
    }
    if (this.#innermost.isArray && this.#innermost.hasRowElements) this.#refuseScalar(start);
    else this.#innermost.addText(start, isTooLong);
  }

  close(isArray: boolean): void {
    if (this.#hasFailed) return;
    const container = this.#innermost;
    if (container === this.#topLevel && this.keys !== undefined) return;
    if (container === this.#topLevel || container.isArray !== isArray) return this.#fail('unexpected closing bracket');
    if (container.problem !== undefined) return this.#fail(container.problem);
    this.#open.pop();
    const parent = this.#open.at(-1)!;
    this.#innermost = parent;
    let keepsTexts = false;
    if (container.hasRowsInside) this.#closeAroundRows(container, parent);
    else if (parent.isArray || container.isTimed) this.#closeElement(container, parent);
    else keepsTexts = this.#closeValue(container, parent);
    if (!keepsTexts) this.#tokens.length = container.start;
  }

  /** Closes a container with rows inside. Refuses the scalars that are under times beside rows under times. */
  #closeAroundRows(container: JsonContainer, parent: JsonContainer): void {
    parent.noteRows();
    const { symbol, hasUnnamedRows, hasRowElements, line } = container;
    if (hasUnnamedRows && symbol !== undefined) this.lateNames.add(symbol);
    const timeKeys = hasRowElements ? container.keys.filter(isTimeKey) : [];
    for (const key of timeKeys) this.#refuse(line, `was a value under ${key}`);
  }

  /** Closes an element of an array or of the top level, or an object under a time: each may be a row. */
  #closeElement(container: JsonContainer, parent: JsonContainer): void {
    if (isRow(container, this.#header.isKnown)) {
      if (!parent.hasRowElements) this.#beginRows(parent);
      if (container.isTooLong) this.handler.refuse(container.line, 'row-too-long', `more than ${ROW_BYTES_MAX} bytes`);
      else this.handler.row(this.#header.rowFrom(container, this.#tokens.bytes));
    } else if (parent.hasRowElements) this.#refuse(container.line, `was ${container.isArray ? '[…]' : '{…}'}`);
  }

  /**
   * Closes a value of an object, which may name the columns or the symbol of rows after it.
   * @returns true when the object took its texts
   */
  #closeValue(container: JsonContainer, parent: JsonContainer): boolean {
    if (!container.isArray) {
      parent.noteSymbolOf(container);
      return parent.takeScalars(container);
    }
    const problem = this.#header.takeColumns(container);
    if (problem !== undefined) this.#fail(problem);
    return false;
  }

  /** Notes the first row among the elements of an array, or under the times of an object. Refuses the scalars of an array before it. */
  #beginRows(parent: JsonContainer): void {
    parent.hasRowElements = true;
    parent.noteRows();
    for (let count = 0; parent.isArray && count < parent.scalarCount; count++)
      this.#refuse(parent.line, 'was a value before the first one');
  }

  /** Refuses a scalar between rows. @param start where it begins in the bytes of the tokens */
  #refuseScalar(start: number): void {
    const shown = this.#tokens.textAt(start, Math.min(this.#tokens.length, start + SHOWN_BYTES));
    this.#tokens.length = start;
    this.#refuse(this.#tokens.line, `was ${shown}`);
  }

  #refuse(line: number, was: string): void {
    this.handler.refuse(line, 'missing-fields', `expected a row, ${was}`);
  }

  #fail(detail: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.handler.refuse(this.#tokens.line, 'bad-json', detail);
  }
}
