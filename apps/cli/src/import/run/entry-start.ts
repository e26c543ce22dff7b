/** The start of an entry, and whether its JSON is whole. */
import type { FileStart } from '../detect/index.js';
import { type InputEntry, UnreadableFileError } from '../files/index.js';
import { JsonBalance } from '../rows/index.js';

const HEAD_BYTES = 256 * 1024;
/** Stands for the last bytes of a file while only its first bytes are read. */
const LINE_END = Buffer.from('\n');

/**
 * The start of an entry, and the pieces after its head.
 * @param tail the last bytes; undefined when only the head is read
 */
export async function startOf(
  entry: InputEntry,
  symbol: string | undefined,
  tail?: Uint8Array,
  onRead?: (bytes: number) => void,
): Promise<{ start: FileStart; rest: AsyncGenerator<Uint8Array, void> }> {
  const rest = entry.pieces(onRead);
  const parts: Uint8Array[] = [];
  let [length, isWhole] = [0, false];
  try {
    while (length < HEAD_BYTES && !isWhole) {
      const next = await rest.next();
      if (next.done === true) isWhole = true;
      else {
        parts.push(next.value);
        length += next.value.length;
      }
    }
  } catch (error) {
    await rest.return(undefined);
    throw error;
  }
  const head = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const path = entry.name ?? entry.file;
  const fileName = path.slice(path.lastIndexOf('/') + 1);
  return { start: { head, tail: tail ?? (isWhole ? head : LINE_END), isWhole, fileName, symbol }, rest };
}

/** @throws UnreadableFileError for JSON whose brackets are not closed */
export async function checkWhole(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const balance = new JsonBalance();
  for await (const piece of pieces) balance.push(piece);
  if (!balance.isWhole)
    throw new UnreadableFileError('the JSON has a bracket or a text without its end: the file is cut short or damaged');
}
