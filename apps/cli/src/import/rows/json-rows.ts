/**
 * Splits JSON and NDJSON text into rows, without parsing values. A row is an array or an object of scalars, at the top
 * level or in an array: `[[…],[…]]`, `[{…},{…}]`, `{"bars":{"AAPL":[{…}]}}`, or NDJSON with a row per line. The keys of
 * the first object are the header, which the handler gets first. Arrays and objects inside of a row object are skipped.
 * Between two pushes the splitter holds the scalars of one container, at most `ROW_BYTES_MAX`.
 */
import { JSON_CLASS, JsonClass, jsonText } from './json-bytes.js';
import { KEY_SEPARATOR, type Row, ROW_BYTES_MAX, type RowHandler, rowOf, type Splitter } from './row.js';

const [QUOTE, BACKSLASH] = [34, 92];
const BYTE_ORDER_MARK = new Set([0xef, 0xbb, 0xbf]);
const EMPTY = new Uint8Array(0);
/** Deepest nesting that is read; rows of bars are never deeper. */
const DEPTH_MAX = 16;
/** An object of bars has at least a time and four prices. */
const SCALARS_MIN = 5;

/** An array or object whose closing bracket was not read yet. */
interface Container {
  isArray: boolean;
  /** Also true at the top level. */
  parentIsArray: boolean;
  /** An array or object was opened inside of it. */
  hasContainers: boolean;
  /** It has rows inside, at any depth. */
  hasRows: boolean;
  /** True in an object whose next string is a key. */
  awaitsKey: boolean;
  /** See `Row.group`. */
  group: string | undefined;
  /** Line of its opening bracket. */
  line: number;
  /** An object's keys and scalars before the last container inside of it; undefined when there is no such container. */
  setAside: { keys: string[]; values: string[] } | undefined;
}

export class JsonRows implements Splitter {
  readonly #stack: Container[] = [];
  readonly #row: Row = { bytes: EMPTY, starts: [], ends: [], count: 0, line: 0 };
  #bytes: Uint8Array = EMPTY;
  /** Where the scalars of the innermost container begin and end in `#bytes`. */
  #starts: number[] = [];
  #ends: number[] = [];
  /** Where the keys of an object begin and end; the last key may lack its value. */
  #keyStarts: number[] = [];
  #keyEnds: number[] = [];
  /** The keys of the first object, as texts and as bytes. */
  #header: ({ names: readonly string[] } & Pick<Row, 'bytes' | 'ends'>) | undefined;
  /** Where the scalar that is being read begins; −1 between scalars. */
  #tokenStart = -1;
  #inString = false;
  #hasEscapes = false; // a backslash was read in the current container
  #isEscaped = false; // the last byte was a backslash
  #line = 1;
  #isTooLong = false; // the current container has more than `ROW_BYTES_MAX`
  #hasFailed = false;

  /** @param keys the header, when the text is a later part of a file; the handler does not get it again */
  constructor(
    private readonly handler: RowHandler,
    keys?: readonly string[],
  ) {
    if (keys !== undefined) this.#header = { names: keys, ...rowOf(keys, 0) };
  }

  push(chunk: Uint8Array): void {
    if (this.#hasFailed) return;
    const kept = this.#keepUnfinished();
    this.#bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    this.#readBytes(kept.length);
  }

  end(): void {
    if (this.#hasFailed || this.#stack.length === 0) return;
    this.#fail('the file ends inside of a value: it is cut short');
  }

  /** Makes all places relative to the first byte that is still needed. @returns the bytes from there on */
  #keepUnfinished(): Uint8Array {
    const bytes = this.#bytes;
    const inToken = this.#tokenStart >= 0;
    const places = [this.#starts[0], this.#keyStarts[0], inToken ? this.#tokenStart : undefined];
    const from = Math.min(...places.map((place) => place ?? bytes.length));
    if (this.#isTooLong || bytes.length - from > ROW_BYTES_MAX) {
      this.#clear();
      this.#isTooLong = true; // the row is refused at its closing bracket
      if (inToken) this.#tokenStart = 0; // the scalar goes on in the next chunk
      return EMPTY;
    }
    for (const list of [this.#starts, this.#ends, this.#keyStarts, this.#keyEnds])
      for (let index = 0; index < list.length; index++) list[index]! -= from;
    if (inToken) this.#tokenStart -= from;
    return bytes.subarray(from);
  }

  #readBytes(start: number): void {
    const bytes = this.#bytes;
    const length = bytes.length;
    const classes = JSON_CLASS;
    let at = start;
    while (at < length && !this.#hasFailed) {
      if (this.#inString) {
        at = this.#readString(at);
        continue;
      }
      const kind = classes[bytes[at]!]!;
      if (kind === JsonClass.scalar) {
        if (this.#tokenStart < 0 && !this.#beginScalar(at)) return;
        at++;
        while (at < length && classes[bytes[at]!] === JsonClass.scalar) at++;
        continue;
      }
      if (kind === JsonClass.quote) this.#beginString(at);
      else if (kind !== JsonClass.colon) {
        if (this.#tokenStart >= 0) this.#endScalar(at);
        if (kind === JsonClass.openArray || kind === JsonClass.openObject) this.#open(kind === JsonClass.openArray);
        else if (kind === JsonClass.closeArray || kind === JsonClass.closeObject)
          this.#close(kind === JsonClass.closeArray);
        else if (kind === JsonClass.comma) this.#beginNext();
        else if (kind === JsonClass.lineFeed) this.#line++;
      }
      at++;
    }
  }

  /** Continues a string. @returns the place after its closing quote, or the end of the bytes when it has none yet */
  #readString(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    if (this.#isEscaped) at++; // the last chunk ended after a backslash
    this.#isEscaped = false;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === BACKSLASH) {
        this.#hasEscapes = true;
        this.#isEscaped = ++at === bytes.length;
      } else if (byte === QUOTE) {
        this.#endString(at);
        return at + 1;
      }
    }
    return bytes.length;
  }

  #beginString(at: number): void {
    if (this.#stack.length === 0) return this.#fail('expected an array or an object, was a text');
    this.#inString = true;
    this.#tokenStart = at + 1;
  }

  #endString(at: number): void {
    const container = this.#stack.at(-1);
    this.#inString = false;
    if (container?.awaitsKey === true) {
      container.awaitsKey = false;
      this.#keyStarts.push(this.#tokenStart);
      this.#keyEnds.push(at);
      this.#tokenStart = -1;
    } else this.#endScalar(at);
  }

  /** @returns false for a scalar outside of a container, which ends the reading; a byte order mark is skipped */
  #beginScalar(at: number): boolean {
    if (this.#stack.length > 0) this.#tokenStart = at;
    else if (!BYTE_ORDER_MARK.has(this.#bytes[at]!)) this.#fail('expected an array or an object');
    return !this.#hasFailed;
  }

  #endScalar(at: number): void {
    this.#starts.push(this.#tokenStart);
    this.#ends.push(at);
    this.#tokenStart = -1;
    if (this.#starts.length > ROW_BYTES_MAX) this.#isTooLong = true;
  }

  #beginNext(): void {
    const container = this.#stack.at(-1);
    if (container !== undefined) container.awaitsKey = !container.isArray; // after a comma, an object has a key
  }

  #open(isArray: boolean): void {
    if (this.#stack.length === DEPTH_MAX) return this.#fail(`nested more than ${DEPTH_MAX} deep`);
    const parent = this.#stack.at(-1);
    let group = parent?.group;
    if (parent !== undefined) {
      if (!parent.isArray) {
        const key = jsonText(this.#bytes, this.#keyStarts.pop() ?? 0, this.#keyEnds.pop() ?? 0);
        group = parent.group === undefined ? key : `${parent.group}${KEY_SEPARATOR}${key}`;
        this.#setScalarsAside(parent);
      }
      parent.hasContainers = true;
    }
    const parentIsArray = parent?.isArray ?? true;
    this.#stack.push({
      isArray,
      parentIsArray,
      hasContainers: false,
      hasRows: false,
      awaitsKey: !isArray,
      group,
      line: this.#line,
      setAside: undefined,
    });
    this.#clear();
  }

  #close(isArray: boolean): void {
    const container = this.#stack.pop();
    if (container === undefined || container.isArray !== isArray) return this.#fail('unexpected closing bracket');
    if (container.setAside !== undefined) this.#setScalarsAside(container);
    const isRow = container.parentIsArray && this.#isRow(container);
    if (isRow) this.#emit(container);
    const parent = this.#stack.at(-1);
    if (parent !== undefined && (isRow || container.hasRows)) parent.hasRows = true;
    this.#clear();
  }

  /** True when a container that closes in an array, or at the top level, is a row: after the header, even a small object. */
  #isRow({ isArray, hasContainers, hasRows, setAside }: Container): boolean {
    if (hasRows) return false;
    if (isArray) return !hasContainers && (this.#starts.length > 0 || this.#isTooLong);
    const count = setAside?.values.length ?? this.#starts.length;
    return count >= SCALARS_MIN || this.#isTooLong || (this.#header !== undefined && !hasContainers);
  }

  /** Keeps an object's keys and scalars as texts: the lists of places are needed for the container inside of it. */
  #setScalarsAside(container: Container): void {
    const setAside = (container.setAside ??= { keys: [], values: [] });
    setAside.keys.push(...this.#texts(this.#keyStarts, this.#keyEnds));
    setAside.values.push(...this.#texts(this.#starts, this.#ends));
    this.#clear();
  }

  #emit(container: Container): void {
    const { isArray, group, line, setAside } = container;
    const start = Math.min(this.#starts[0] ?? 0, this.#keyStarts[0] ?? Infinity);
    if (this.#isTooLong || (this.#ends.at(-1) ?? 0) - start > ROW_BYTES_MAX)
      return this.handler.refuse(line, 'row-too-long', `more than ${ROW_BYTES_MAX} bytes`);
    const isPlain = setAside === undefined && !this.#hasEscapes && (isArray || this.#hasHeaderKeys());
    if (!isPlain) return this.#emitTexts(container);
    const row = this.#row;
    row.bytes = this.#bytes;
    row.starts = this.#starts;
    row.ends = this.#ends;
    row.count = this.#starts.length;
    row.line = line;
    row.group = group;
    this.handler.row(row);
  }

  /** Emits a row whose bytes cannot be used directly: it has escapes, or keys in another order than the header. */
  #emitTexts({ isArray, group, line, setAside }: Container): void {
    const values = setAside?.values ?? this.#texts(this.#starts, this.#ends);
    if (isArray) return this.handler.row({ ...rowOf(values, line), group });
    const keys = setAside?.keys ?? this.#texts(this.#keyStarts, this.#keyEnds);
    if (this.#header === undefined) {
      const row = rowOf(keys, line);
      this.#header = { names: keys, ...row };
      this.handler.row({ ...row, isHeader: true });
    }
    const byKey = new Map(keys.map((key, index) => [key, values[index] ?? '']));
    const ordered = this.#header.names.map((name) => byKey.get(name) ?? '');
    this.handler.row({ ...rowOf(ordered, line), group });
  }

  /** True when an object has the keys of the header in the same order, as nearly all objects of a file do. */
  #hasHeaderKeys(): boolean {
    const header = this.#header;
    const [starts, ends, bytes] = [this.#keyStarts, this.#keyEnds, this.#bytes];
    if (header === undefined || header.ends.length !== starts.length) return false;
    let headerAt = 0;
    for (let index = 0; index < starts.length; index++) {
      let at = starts[index]!;
      const end = ends[index]!;
      if (header.ends[index]! - headerAt !== end - at) return false;
      for (; at < end; at++, headerAt++) if (bytes[at] !== header.bytes[headerAt]) return false;
    }
    return true;
  }

  #clear(): void {
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#keyStarts.length = 0;
    this.#keyEnds.length = 0;
    this.#tokenStart = -1;
    this.#hasEscapes = false;
    this.#isTooLong = false;
  }

  #texts(starts: readonly number[], ends: readonly number[]): string[] {
    return starts.map((start, index) => jsonText(this.#bytes, start, ends[index] ?? start));
  }

  #fail(detail: string): void {
    this.#hasFailed = true;
    this.handler.refuse(this.#line, 'bad-json', `${detail}; nothing after this line is read`);
  }
}
