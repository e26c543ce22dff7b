/**
 * Splits JSON and NDJSON text into rows, without parsing values. A row is an array or an object of scalars that stands at
 * the top or in an array: `[[…],[…]]`, `[{…},{…}]`, `{"bars":{"AAPL":[{…}]}}`, and one value a line. The keys of the first
 * object are the header: the handler gets them as the first row. Holds one row of at most `ROW_BYTES_MAX`.
 */
import { type Row, ROW_BYTES_MAX, type RowHandler, rowOf, type Splitter } from './row.js';

const [TAB, LF, CR, SPACE, QUOTE, COMMA, COLON, BACKSLASH] = [9, 10, 13, 32, 34, 44, 58, 92];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];
/** A container around bars is not nested deeper. */
const DEPTH_MAX = 16;
/** An object of bars has at least a time and four prices. */
const SCALARS_MIN = 5;

interface Container {
  isArray: boolean;
  parentIsArray: boolean;
  hasContainers: boolean;
  /** The key of an object that is being read. */
  key: string;
  group: string | undefined;
  line: number;
}

export class JsonRows implements Splitter {
  readonly #stack: Container[] = [];
  readonly #row: Row = { bytes: new Uint8Array(0), starts: [], ends: [], count: 0, line: 0 };
  /** Bytes of the innermost container's scalars. */
  readonly #scratch = new Uint8Array(ROW_BYTES_MAX + 1);
  #length = 0;
  #starts: number[] = [];
  #ends: number[] = [];
  #keys: string[] = [];
  #header: string[] | undefined;
  #token = -1;
  #inString = false;
  #escaped = false;
  #isKey = false;
  #line = 1;
  #tooLong = false;
  #failed = false;

  constructor(private readonly handler: RowHandler) {}

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#failed; at++) this.#byte(chunk[at] ?? 0);
  }

  end(): void {
    if (this.#failed || this.#stack.length === 0) return;
    this.#fail('the file ends inside of a value: it is cut short');
  }

  /** True when the text so far is whole. */
  get isComplete(): boolean {
    return !this.#failed && this.#stack.length === 0;
  }

  #byte(byte: number): void {
    if (byte === LF) this.#line++;
    if (this.#inString) this.#stringByte(byte);
    else if (byte === QUOTE) this.#beginString();
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#open(byte === OPEN_ARRAY);
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) this.#close(byte === CLOSE_ARRAY);
    else if (byte === COMMA) this.#endScalar();
    else if (byte === COLON) return;
    else if (byte === SPACE || byte === LF || byte === CR || byte === TAB) this.#endScalar();
    else this.#scalarByte(byte);
  }

  #stringByte(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) {
      this.#escaped = true;
      return;
    } else if (byte === QUOTE) {
      this.#inString = false;
      return this.#endString();
    }
    this.#append(byte);
  }

  #beginString(): void {
    const container = this.#stack.at(-1);
    if (container === undefined) return this.#fail('expected an array or an object, was a text');
    this.#inString = true;
    this.#token = this.#length;
    this.#isKey = !container.isArray && container.key === '';
  }

  #endString(): void {
    if (!this.#isKey) return this.#endScalar();
    const container = this.#stack.at(-1);
    if (container !== undefined) container.key = this.#text(this.#token, this.#length);
    this.#length = this.#token;
    this.#token = -1;
  }

  #scalarByte(byte: number): void {
    if (this.#stack.length === 0) {
      // A byte order mark may stand before the first value.
      if (byte === 0xef || byte === 0xbb || byte === 0xbf) return;
      return this.#fail('expected an array or an object');
    }
    if (this.#token < 0) this.#token = this.#length;
    this.#append(byte);
  }

  #append(byte: number): void {
    if (this.#length < ROW_BYTES_MAX) this.#scratch[this.#length++] = byte;
    else this.#tooLong = true;
  }

  #endScalar(): void {
    if (this.#token < 0) return;
    const container = this.#stack.at(-1);
    this.#starts.push(this.#token);
    this.#ends.push(this.#length);
    if (container !== undefined && !container.isArray) {
      this.#keys.push(container.key);
      container.key = '';
    }
    this.#token = -1;
    if (this.#starts.length > ROW_BYTES_MAX) this.#tooLong = true;
  }

  #open(isArray: boolean): void {
    if (this.#stack.length === DEPTH_MAX) return this.#fail(`nested more than ${DEPTH_MAX} deep`);
    const parent = this.#stack.at(-1);
    const group = parent !== undefined && !parent.isArray ? parent.key : parent?.group;
    if (parent !== undefined) {
      parent.hasContainers = true;
      parent.key = '';
    }
    const parentIsArray = parent?.isArray ?? true;
    this.#stack.push({ isArray, parentIsArray, hasContainers: false, key: '', group, line: this.#line });
    this.#clear();
  }

  #close(isArray: boolean): void {
    this.#endScalar();
    const container = this.#stack.pop();
    if (container === undefined || container.isArray !== isArray) return this.#fail('a bracket closes nothing');
    const isRow = container.parentIsArray && !container.hasContainers && (this.#starts.length > 0 || !isArray);
    if (isRow) this.#emit(container);
    this.#clear();
  }

  #emit({ isArray, group, line }: Container): void {
    if (this.#tooLong) return this.handler.refuse(line, 'row-too-long', `more than ${ROW_BYTES_MAX} bytes`);
    if (!isArray && !this.#inOrder(line)) return;
    this.#row.bytes = this.#scratch;
    this.#row.starts = this.#starts;
    this.#row.ends = this.#ends;
    this.#row.count = this.#starts.length;
    this.#row.line = line;
    this.#row.group = group;
    this.handler.row(this.#row);
  }

  /** Puts the values in the order of the header, which the first object gives. False for an object that is no bar. */
  #inOrder(line: number): boolean {
    const keys = this.#keys;
    if (this.#header === undefined) {
      if (keys.length < SCALARS_MIN) return false;
      this.#header = [...keys];
      this.handler.row({ ...rowOf(keys, line), isHeader: true });
      return true;
    }
    const header = this.#header;
    if (keys.length === header.length && keys.every((key, index) => key === header[index])) return true;
    const places = header.map((name) => keys.indexOf(name));
    this.#starts = places.map((place) => this.#starts[place] ?? 0);
    this.#ends = places.map((place) => (place < 0 ? 0 : (this.#ends[place] ?? 0)));
    places.forEach((place, index) => {
      if (place < 0) this.#starts[index] = 0;
    });
    return true;
  }

  #clear(): void {
    this.#length = 0;
    this.#starts = [];
    this.#ends = [];
    this.#keys = [];
    this.#token = -1;
    this.#tooLong = false;
  }

  #text(start: number, end: number): string {
    return Buffer.from(this.#scratch.buffer, start, end - start).toString('utf8');
  }

  #fail(detail: string): void {
    this.#failed = true;
    this.handler.refuse(this.#line, 'bad-json', detail);
  }
}
