/** What each byte is in JSON, and what the bytes of a text mean. */

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

/** A class of {@link JsonClass} by byte. */
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

/** The text or number in `bytes[start, end)`, which stands without its quotes; escapes are replaced by what they mean. */
export function jsonText({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(buffer, byteOffset + start, end - start).toString('utf8');
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
