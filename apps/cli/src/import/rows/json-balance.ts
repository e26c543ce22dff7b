/**
 * Checks that JSON text is whole: every bracket is closed. An import checks it before it stores a row, since half of a
 * damaged file must not be kept. The check passes over the bytes once and makes no values.
 */
import { JSON_CLASS, JsonClass } from './json-bytes.js';

const [QUOTE, BACKSLASH] = [34, 92];

export class JsonBalance {
  #depth = 0;
  #inString = false;
  #isEscaped = false;

  push(chunk: Uint8Array): void {
    let depth = this.#depth;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#inString = false;
        continue;
      }
      const kind = JSON_CLASS[byte]!;
      if (kind < JsonClass.openArray) {
        if (kind === JsonClass.quote) this.#inString = true;
      } else if (kind === JsonClass.openArray || kind === JsonClass.openObject) depth++;
      else depth--;
    }
    this.#depth = depth;
  }

  /** True after the last byte of a whole text. */
  get isWhole(): boolean {
    return this.#depth === 0 && !this.#inString;
  }
}
