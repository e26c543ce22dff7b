/**
 * An array or an object of JSON while it is read: its keys and scalars, and what its elements are. A scalar is a text, a number, `true`,
 * `false` or `null`.
 */
import type { JsonTokens } from './json-tokens.js';
import { isTimeKey } from './json-row-shape.js';
import { lastKey, ROW_BYTES_MAX } from './row.js';

/** Keys of an object whose values name the rows in the arrays after them. */
const NAMING_KEYS = new Set(['symbol', 'ticker', 'instrument', '2. Symbol']); // the last one in Alpha Vantage's "Meta Data"
/** Most scalars of an object that takes those of the objects inside of it. An object with more is no bar. */
const TAKING_SCALARS_MAX = 64;

/** Holds where each key and scalar is in the bytes of the tokens, so that no string is made of a value. */
export class JsonContainer {
  /** Where each of its direct scalars begins and ends. */
  starts: number[] = [];
  ends: number[] = [];
  /** Where the key of each scalar of an object begins and ends. After a key and before its value, there is one key more than scalars. */
  keyStarts: number[] = [];
  keyEnds: number[] = [];
  /** Number of its scalars, including those whose texts were dropped. */
  scalarCount = 0;
  /** True when its texts are longer than `ROW_BYTES_MAX`; then they are dropped. */
  isTooLong = false;
  /** True when one of its elements or values is an array or an object. */
  hasContainers = false;
  /** True when there is an array inside of it, itself or in an object whose scalars it took. */
  hasArrays = false;
  /** Number of its scalars that it took from objects inside of it. */
  takenScalars = 0;
  /** True for an object whose key is a time, which is then the first of its scalars. */
  isTimed = false;
  /** True when there are rows inside of it, at any depth. */
  hasRowsInside = false;
  /** True when rows are among its own elements or values. */
  hasRowElements = false;
  /** True when rows came before a value that names their symbol. */
  hasUnnamedRows = false;
  /** The line of its opening bracket. */
  readonly line: number;
  /** Where its texts begin. */
  readonly start: number;
  /** True in an object whose next text is a key. */
  #awaitsKey: boolean;
  /** Number of commas between its elements so far. */
  #commas = 0;
  /** The symbol that one of its values names, and the number of its values that were searched for it. */
  #ownSymbol: string | undefined;
  #searched = 0;
  /** The symbol that an object inside of this one names, such as `meta` of Twelve Data. */
  #innerSymbol: string | undefined;

  /** @param group see `Row.group` @param named see `Row.named` */
  constructor(
    private readonly tokens: JsonTokens,
    readonly isArray: boolean,
    readonly group?: string,
    readonly named?: string,
  ) {
    this.line = tokens.line;
    this.start = tokens.length;
    this.#awaitsKey = !isArray;
  }

  get keys(): string[] {
    return this.keyStarts.map((start, index) => this.tokens.textAt(start, this.keyEnds[index]!));
  }

  get scalars(): string[] {
    return this.starts.map((start, index) => this.tokens.textAt(start, this.ends[index]!));
  }

  /** The symbol that one of the values so far names, or an object among them. */
  get symbol(): string | undefined {
    // Each value is searched once: an object may have many, and is asked before each array in it.
    for (; this.#ownSymbol === undefined && this.#searched < this.starts.length; this.#searched++) {
      const at = this.#searched;
      const key = this.tokens.textAt(this.keyStarts[at] ?? 0, this.keyEnds[at] ?? 0);
      if (NAMING_KEYS.has(key)) this.#ownSymbol = this.tokens.textAt(this.starts[at]!, this.ends[at]!);
    }
    return this.#ownSymbol ?? this.#innerSymbol;
  }

  /** What is wrong with the number of its values, which would be in the wrong columns; undefined when nothing is. */
  get problem(): string | undefined {
    if (this.isArray) return this.starts.length > this.#commas + 1 ? 'expected a comma between two values' : undefined;
    return this.starts.length === this.keyStarts.length ? undefined : 'expected one value for each key';
  }

  comma(): void {
    this.#commas++;
    this.#awaitsKey = !this.isArray;
  }

  /** Adds the key or the scalar that was read last. @param isTooLong true when its bytes were dropped */
  addText(start: number, isTooLong: boolean): void {
    const end = this.tokens.length;
    this.isTooLong ||= isTooLong;
    if (this.#awaitsKey) {
      this.#awaitsKey = false;
      this.keyStarts.push(start);
      this.keyEnds.push(end);
      return;
    }
    this.scalarCount++;
    this.starts.push(start);
    this.ends.push(end);
    // Each scalar counts as one byte more, because empty ones have no bytes.
    this.isTooLong ||= end - this.start + this.starts.length > ROW_BYTES_MAX;
    if (!this.isTooLong) return;
    [this.starts, this.ends, this.keyStarts, this.keyEnds] = [[], [], [], []];
    this.tokens.length = this.start;
  }

  /** Removes the last key, which is that of an array or an object. */
  takeKey(): string {
    const start = this.keyStarts.pop() ?? this.start;
    const key = this.tokens.textAt(start, this.keyEnds.pop() ?? this.start);
    this.tokens.length = start;
    return key;
  }

  /** Makes its key, which is a time, the first of its scalars. It is named "index": a time of another usual name in the object is surer. */
  addTime(key: string): void {
    this.isTimed = true;
    for (const text of ['index', key]) this.addText(this.tokens.append(text), false);
    this.#awaitsKey = true;
  }

  /** Takes the scalars of an object among its values, under keys such as `mid.o`. @returns false when it leaves them */
  takeScalars(inner: JsonContainer): boolean {
    const isTooMany = this.starts.length + inner.starts.length > TAKING_SCALARS_MAX;
    if (isTooMany || this.tokens.length - this.start > ROW_BYTES_MAX) return false;
    const { keys } = inner;
    if (isTimeKey(keys[0] ?? '')) return false; // it is a column with a value for each time
    for (const key of keys) {
      this.keyStarts.push(this.tokens.append(`${lastKey(inner.group ?? '')}.${key}`));
      this.keyEnds.push(this.tokens.length);
    }
    this.starts.push(...inner.starts);
    this.ends.push(...inner.ends);
    this.takenScalars += inner.starts.length;
    this.hasArrays ||= inner.hasArrays;
    return true;
  }

  /** Notes that there are rows inside of it. */
  noteRows(): void {
    this.hasRowsInside = true;
    this.hasUnnamedRows ||= this.symbol === undefined;
  }

  /** Notes the symbol that an object among its values names. The first one counts. */
  noteSymbolOf(value: JsonContainer): void {
    this.#innerSymbol ??= value.symbol;
  }
}
