/**
 * Splits JSON and NDJSON text into rows, without parsing values. A row is an array or an object of scalars that stands at
 * the top or in an array: `[[…],[…]]`, `[{…},{…}]`, `{"bars":{"AAPL":[{…}]}}`, and one value a line. The keys of the first
 * object are the header: the handler gets them as the first row. What an object holds besides scalars is skipped.
 * Between two pushes the splitter holds the scalars of one container, at most `ROW_BYTES_MAX`.
 */
import { JSON_CLASS, JsonClass, jsonText } from './json-bytes.js';
import { KEY_SEPARATOR, type Row, ROW_BYTES_MAX, type RowHandler, rowOf, type Splitter } from './row.js';

const [QUOTE, BACKSLASH] = [34, 92];
const EMPTY = new Uint8Array(0);
/** A container around bars is not nested deeper. */
const DEPTH_MAX = 16;
/** An object of bars has at least a time and four prices. */
const SCALARS_MIN = 5;

interface Container {
  isArray: boolean;
  parentIsArray: boolean;
  hasContainers: boolean;
  hasRows: boolean;
  /** An object's next text is a key. */
  awaitsKey: boolean;
  group: string | undefined;
  line: number;
  /** Keys and values that came before a container inside of this one. */
  before: { keys: string[]; values: string[] } | undefined;
}

export class JsonRows implements Splitter {
  readonly #stack: Container[] = [];
  readonly #row: Row = { bytes: EMPTY, starts: [], ends: [], count: 0, line: 0 };
  #bytes: Uint8Array = EMPTY;
  /** Scalars of the innermost container, as places in `#bytes`. */
  #starts: number[] = [];
  #ends: number[] = [];
  /** Keys of an object; the last one may lack its value. */
  #keyStarts: number[] = [];
  #keyEnds: number[] = [];
  #header: { names: string[]; bytes: Uint8Array; ends: number[] } | undefined;
  /** Where the scalar that is being read begins; −1 between scalars. */
  #token = -1;
  #inString = false;
  #hasEscapes = false;
  #isEscaped = false;
  #line = 1;
  #tooLong = false;
  #failed = false;

  constructor(private readonly handler: RowHandler) {}

  push(chunk: Uint8Array): void {
    if (this.#failed) return;
    const kept = this.#keep();
    this.#bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    this.#parse(kept.length);
  }

  end(): void {
    if (this.#failed || this.#stack.length === 0) return;
    this.#fail('the file ends inside of a value: it is cut short');
  }

  /** The bytes of the innermost container's scalars, which move to the front of the next buffer. */
  #keep(): Uint8Array {
    const bytes = this.#bytes;
    const inToken = this.#token >= 0;
    const first = [this.#starts[0], this.#keyStarts[0], inToken ? this.#token : undefined];
    const from = Math.min(...first.map((place) => place ?? bytes.length));
    if (this.#tooLong || bytes.length - from > ROW_BYTES_MAX) {
      this.#clear();
      this.#tooLong = true;
      if (inToken) this.#token = 0;
      return EMPTY;
    }
    for (const places of [this.#starts, this.#ends, this.#keyStarts, this.#keyEnds])
      for (let index = 0; index < places.length; index++) places[index]! -= from;
    if (inToken) this.#token -= from;
    return bytes.subarray(from);
  }

  #parse(start: number): void {
    const bytes = this.#bytes;
    const length = bytes.length;
    const classes = JSON_CLASS;
    let at = start;
    while (at < length && !this.#failed) {
      if (this.#inString) {
        at = this.#string(at);
        continue;
      }
      const kind = classes[bytes[at]!]!;
      if (kind === JsonClass.scalar) {
        if (this.#token < 0 && !this.#beginScalar(at)) return;
        at++;
        while (at < length && classes[bytes[at]!] === JsonClass.scalar) at++;
        continue;
      }
      if (kind === JsonClass.quote) this.#beginString(at);
      else if (kind !== JsonClass.colon) {
        if (this.#token >= 0) this.#endScalar(at);
        if (kind === JsonClass.openArray || kind === JsonClass.openObject) this.#open(kind === JsonClass.openArray);
        else if (kind === JsonClass.closeArray || kind === JsonClass.closeObject)
          this.#close(kind === JsonClass.closeArray);
        else if (kind === JsonClass.comma) this.#comma();
        else if (kind === JsonClass.lineFeed) this.#line++;
      }
      at++;
    }
  }

  /** Reads on in a text. @returns the place after what was read */
  #string(start: number): number {
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
    this.#token = at + 1;
  }

  #endString(at: number): void {
    const container = this.#stack.at(-1);
    this.#inString = false;
    if (container?.awaitsKey === true) {
      container.awaitsKey = false;
      this.#keyStarts.push(this.#token);
      this.#keyEnds.push(at);
      this.#token = -1;
    } else this.#endScalar(at);
  }

  #beginScalar(at: number): boolean {
    if (this.#stack.length > 0) this.#token = at;
    // A byte order mark may stand before the first value.
    else if (![0xef, 0xbb, 0xbf].includes(this.#bytes[at]!)) this.#fail('expected an array or an object');
    return !this.#failed;
  }

  #endScalar(at: number): void {
    this.#starts.push(this.#token);
    this.#ends.push(at);
    this.#token = -1;
    if (this.#starts.length > ROW_BYTES_MAX) this.#tooLong = true;
  }

  #comma(): void {
    const container = this.#stack.at(-1);
    if (container !== undefined) container.awaitsKey = !container.isArray;
  }

  #open(isArray: boolean): void {
    if (this.#stack.length === DEPTH_MAX) return this.#fail(`nested more than ${DEPTH_MAX} deep`);
    const parent = this.#stack.at(-1);
    let group = parent?.group;
    if (parent !== undefined) {
      if (!parent.isArray) {
        const key = this.#text(this.#keyStarts.at(-1), this.#keyEnds.at(-1));
        group = parent.group === undefined ? key : `${parent.group}${KEY_SEPARATOR}${key}`;
        this.#keyStarts.pop();
        this.#keyEnds.pop();
        this.#setAside(parent);
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
      before: undefined,
    });
    this.#clear();
  }

  #close(isArray: boolean): void {
    const container = this.#stack.pop();
    if (container === undefined || container.isArray !== isArray) return this.#fail('a bracket closes nothing');
    if (container.before !== undefined) this.#setAside(container);
    const isRow = container.parentIsArray && this.#isRow(container);
    if (isRow) this.#emit(container);
    const parent = this.#stack.at(-1);
    if (parent !== undefined && (isRow || container.hasRows)) parent.hasRows = true;
    this.#clear();
  }

  #isRow({ isArray, hasContainers, hasRows, before }: Container): boolean {
    if (hasRows) return false;
    if (isArray) return !hasContainers && (this.#starts.length > 0 || this.#tooLong);
    const count = before?.values.length ?? this.#starts.length;
    return count >= SCALARS_MIN || this.#tooLong || (this.#header !== undefined && !hasContainers);
  }

  /** Keeps an object's scalars as texts, because those of a container inside of it come next. */
  #setAside(container: Container): void {
    const before = (container.before ??= { keys: [], values: [] });
    before.keys.push(...this.#texts(this.#keyStarts, this.#keyEnds));
    before.values.push(...this.#texts(this.#starts, this.#ends));
    this.#clear();
  }

  #emit(container: Container): void {
    const { isArray, group, line, before } = container;
    const first = Math.min(this.#starts[0] ?? 0, this.#keyStarts[0] ?? Infinity);
    if (this.#tooLong || (this.#ends.at(-1) ?? 0) - first > ROW_BYTES_MAX)
      return this.handler.refuse(line, 'row-too-long', `more than ${ROW_BYTES_MAX} bytes`);
    const isPlain = before === undefined && !this.#hasEscapes && (isArray || this.#hasHeaderKeys());
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

  /** Emits a row with escapes, or an object in the order of the header, which the first object gives. */
  #emitTexts({ isArray, group, line, before }: Container): void {
    const values = before?.values ?? this.#texts(this.#starts, this.#ends);
    if (isArray) return this.#emitRow(rowOf(values, line), group);
    const keys = before?.keys ?? this.#texts(this.#keyStarts, this.#keyEnds);
    if (this.#header === undefined) {
      const { bytes, ends } = rowOf(keys, line);
      this.#header = { names: keys, bytes, ends };
      this.handler.row({ ...rowOf(keys, line), isHeader: true });
    }
    const byKey = new Map(keys.map((key, index) => [key, values[index] ?? '']));
    const ordered = this.#header.names.map((name) => byKey.get(name) ?? '');
    this.#emitRow(rowOf(ordered, line), group);
  }

  #emitRow(row: Row, group: string | undefined): void {
    this.handler.row({ ...row, group });
  }

  /** True when an object has the keys of the header in the same order: most files write all objects alike. */
  #hasHeaderKeys(): boolean {
    const header = this.#header;
    const [starts, ends, bytes] = [this.#keyStarts, this.#keyEnds, this.#bytes];
    if (header === undefined || header.ends.length !== starts.length) return false;
    let place = 0;
    for (let index = 0; index < starts.length; index++) {
      let at = starts[index]!;
      const end = ends[index]!;
      if (header.ends[index]! - place !== end - at) return false;
      for (; at < end; at++, place++) if (bytes[at] !== header.bytes[place]) return false;
    }
    return true;
  }

  #clear(): void {
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#keyStarts.length = 0;
    this.#keyEnds.length = 0;
    this.#token = -1;
    this.#hasEscapes = false;
    this.#tooLong = false;
  }

  #texts(starts: readonly number[], ends: readonly number[]): string[] {
    return starts.map((start, index) => this.#text(start, ends[index]));
  }

  #text(start = 0, end = start): string {
    return jsonText(this.#bytes, start, end);
  }

  #fail(detail: string): void {
    this.#failed = true;
    this.handler.refuse(this.#line, 'bad-json', `${detail}; nothing after this line is read`);
  }
}
