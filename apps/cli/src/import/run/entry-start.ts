/** The first bytes of an entry, its name, and whether its JSON is whole. */
import { type InputEntry, UnreadableFileError } from '../files/index.js';
import { JsonBalance } from '../rows/index.js';

const HEAD_BYTES = 256 * 1024;

/** The first bytes of an entry, and the pieces after them. */
export async function headOf(
  entry: InputEntry,
  onRead: (bytes: number) => void,
): Promise<{ head: Uint8Array; ended: boolean; pieces: AsyncGenerator<Uint8Array, void> }> {
  const pieces = entry.pieces(onRead);
  const parts: Uint8Array[] = [];
  let [length, ended] = [0, false];
  try {
    while (length < HEAD_BYTES && !ended) {
      const next = await pieces.next();
      if (next.done === true) ended = true;
      else {
        parts.push(next.value);
        length += next.value.length;
      }
    }
  } catch (error) {
    await pieces.return(undefined);
    throw error;
  }
  return { head: parts.length === 1 ? parts[0]! : Buffer.concat(parts), ended, pieces };
}

/** @throws UnreadableFileError for JSON whose brackets are not closed */
export async function checkWhole(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const balance = new JsonBalance();
  for await (const piece of pieces) balance.push(piece);
  if (!balance.isWhole)
    throw new UnreadableFileError('the JSON has a bracket or a text without its end: the file is cut short or damaged');
}

export function fileNameOf({ file, name }: InputEntry): string {
  const path = name ?? file;
  return path.slice(path.lastIndexOf('/') + 1);
}
