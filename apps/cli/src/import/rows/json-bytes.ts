/** Reads bytes as JSON: the class of each byte, the decoded text of a string, and whether all brackets are closed. */

const [QUOTE, BACKSLASH] = [34, 92];

/** What a byte outside of a string is. From `openArray` on, the classes are brackets. */
export const JsonClass = {
  scalar: 0,
  blank: 1,
  lineFeed: 2,
  quote: 3,
  comma: 4,
  colon: 5,
  openArray: 6,
  closeArray: 7,
  openObject: 8,
  closeObject: 9,
} as const;

/** The {@link JsonClass} of each byte; 0 (`scalar`) for those that are not listed below. */
export const JSON_CLASS: Uint8Array = new Uint8Array(256);
for (const [bytes, kind] of [
  [' \t\r', JsonClass.blank],
  ['\n', JsonClass.lineFeed],
  ['"', JsonClass.quote],
  [',', JsonClass.comma],
  [':', JsonClass.colon],
  ['[', JsonClass.openArray],
  [']', JsonClass.closeArray],
  ['{', JsonClass.openObject],
  ['}', JsonClass.closeObject],
] as const)
  for (const byte of Buffer.from(bytes)) JSON_CLASS[byte] = kind;

/** The string or number in `bytes[start, end)`, which excludes quotes. Escapes are decoded; if one is wrong, none is. */
export function jsonText({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(buffer, byteOffset + start, end - start).toString('utf8');
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

/**
 * Checks that JSON text is whole: as many brackets close as open, and the last string ends. An import checks the whole
 * file before it stores a row, so that it does not keep half of a damaged file. The check makes no values.
 */
export class JsonBalance {
  /** Brackets opened minus brackets closed. */
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
