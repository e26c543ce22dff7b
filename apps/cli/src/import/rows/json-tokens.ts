/**
 * Reads the tokens of JSON and NDJSON text from pieces that may end anywhere. The bytes of keys and scalars are copied,
 * without quotes and with escapes decoded, one after the other into a buffer, so that no token depends on its piece. It ignores colons and
 * does not check the grammar: the handler knows from the place of a text whether it is a key.
 */
import { ROW_BYTES_MAX } from './row.js';

const [LINE_FEED, QUOTE, COMMA, BACKSLASH] = [10, 34, 44, 92];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];
/** 1 for each byte that is a part of a number, true, false or null; 0 for blanks, punctuation, and a byte order mark. */
const IS_SCALAR = new Uint8Array(256).fill(1);
for (const byte of Buffer.from(' \t\r\n":,[]{}\ufeff')) IS_SCALAR[byte] = 0;

export interface TokenHandler {
  /** The opening and the closing bracket of an array or an object. */
  open(isArray: boolean): void;
  close(isArray: boolean): void;
  comma(): void;
  /** A key or a scalar, which is `tokens.bytes[start, tokens.length)`. @param isTooLong true when its bytes were dropped */
  text(start: number, isTooLong: boolean): void;
}

export class JsonTokens {
  /** The texts of keys and scalars. The handler frees those that it no longer needs by lowering `length`. */
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;
  /** The line that is being read, from 1. */
  line = 1;
  /** Whether the text so far ends within a string. */
  inString = false;
  /** Where the text that is being read begins; −1 between texts. */
  #start = -1;
  #hasEscapes = false;
  /** The last byte was a backslash. */
  #isEscaped = false;
  /** The text that is being read is too long, so that bytes of it were dropped. */
  #isTooLong = false;
  /** Number of bytes of the piece that is being read. */
  #pieceBytes = 0;

  constructor(private readonly handler: TokenHandler) {}

  push(piece: Uint8Array): void {
    this.#pieceBytes = piece.length;
    this.#makeSpace(piece.length);
    let at = 0;
    while (at < piece.length) {
      if (this.inString) at = this.#readString(piece, at);
      else if (IS_SCALAR[piece[at]!] === 1) at = this.#readScalar(piece, at);
      else {
        if (this.#start >= 0) this.#endText(); // a scalar that went to the very end of the previous piece
        this.#readPunctuation(piece[at++]!);
      }
    }
    this.#dropTooLong();
  }

  /** Ends a scalar that the end of the file ends. */
  end(): void {
    if (this.#start >= 0 && !this.inString) this.#endText();
  }

  #readPunctuation(byte: number): void {
    if (byte === COMMA) this.handler.comma();
    else if (byte === QUOTE) {
      this.inString = true;
      this.#start = this.length;
    } else if (byte === LINE_FEED) this.line++;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.handler.open(byte === OPEN_ARRAY);
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) this.handler.close(byte === CLOSE_ARRAY);
  }

  /** Copies a scalar that is no string, or its next part. @returns the place after it */
  #readScalar(piece: Uint8Array, from: number): number {
    const { bytes } = this;
    let { length } = this;
    if (this.#start < 0) this.#start = length;
    let at = from;
    while (at < piece.length && IS_SCALAR[piece[at]!] === 1) bytes[length++] = piece[at++]!;
    this.length = length;
    if (at < piece.length) this.#endText();
    return at;
  }

  /** Copies the next part of a string. @returns the place after its closing quote, or the end of the piece */
  #readString(piece: Uint8Array, from: number): number {
    const { bytes } = this;
    let { length } = this;
    let at = from;
    let isEscaped = this.#isEscaped;
    for (; at < piece.length; at++) {
      const byte = piece[at]!;
      if (byte === QUOTE && !isEscaped) break;
      isEscaped = byte === BACKSLASH && !isEscaped;
      if (isEscaped) this.#hasEscapes = true;
      bytes[length++] = byte;
    }
    this.#isEscaped = isEscaped;
    this.length = length;
    if (at === piece.length) return at;
    this.inString = false;
    if (this.#hasEscapes) this.#decodeEscapes();
    this.#endText();
    return at + 1;
  }

  #endText(): void {
    const start = this.#start;
    const isTooLong = this.#isTooLong;
    this.#start = -1;
    this.#isTooLong = false;
    this.handler.text(start, isTooLong);
  }

  /** Replaces the escapes of a string by what they stand for, which is never longer. If one is wrong, all stay. */
  #decodeEscapes(): void {
    this.#hasEscapes = false;
    try {
      const decoded = Buffer.from(String(JSON.parse(`"${this.textAt(this.#start, this.length)}"`)));
      this.bytes.set(decoded, this.#start);
      this.length = this.#start + decoded.length;
    } catch {
      // A wrong escape, or a string that lost bytes because it is too long.
    }
  }

  /** Adds a text that is not in the file. @returns where it begins */
  append(text: string): number {
    const start = this.length;
    const added = Buffer.from(text);
    this.#makeSpace(added.length + this.#pieceBytes); // the rest of the piece must fit, too
    this.bytes.set(added, start);
    this.length += added.length;
    return start;
  }

  textAt(start: number, end: number): string {
    return Buffer.from(this.bytes.buffer, start, end - start).toString('utf8');
  }

  /** Makes the buffer long enough for all bytes of a piece, which may all belong to texts. */
  #makeSpace(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + bytes));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** Drops the bytes of a text that is too long for a row, so that it does not fill the memory. */
  #dropTooLong(): void {
    if (this.#start < 0 || this.length - this.#start <= ROW_BYTES_MAX) return;
    this.#isTooLong = true;
    this.length = this.#start;
  }
}
