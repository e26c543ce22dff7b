/**
 * Opens an input file as a list of entries: the file itself, or the files in a zip. Each entry gives its text in pieces
 * and can be checked from its start to its end before any of its rows is stored.
 */
import { createReadStream } from 'node:fs';
import { sep } from 'node:path';
import { bytesOf } from './block-reader.js';
import { isDataName } from './file-names.js';
import { fileKindOf, SIGNATURE_BYTES } from './unreadable.js';
import { type OpenBytes, PIECE_BYTES, unpacked, type Wrapping, wrappingOf } from './unpack.js';
import { zipEntries, type ZipEntry } from './zip-entries.js';

/** Number of bytes that a check returns from the end of a text. */
const TAIL_BYTES = 64 * 1024;

export interface InputEntry {
  /** Path of the file on disk, with slashes. */
  file: string;
  /** Name inside of a zip; undefined for a plain file. */
  name?: string;
  /** The text as UTF-8. @param onRead called with the number of bytes read from the file on disk, for progress */
  pieces(onRead?: (bytes: number) => void): AsyncGenerator<Uint8Array, void>;
  /**
   * Called before any row of the entry is stored. A packed entry may be damaged, so this unpacks it to its end. Of a file that is not
   * packed, this reads only the end.
   * @returns the last bytes of the text, at most 64 kB
   * @throws the reason of `signal`, UnreadableFileError and errors of zlib and of the system
   */
  check(signal?: AbortSignal): Promise<Uint8Array>;
}

/**
 * The entries of an input file: the file itself, or the files in a zip. Leaves out the files of a zip whose names are not those of data
 * ({@link isDataName}), unless all are such files. @throws UnreadableFileError, system errors
 */
export async function inputEntries(path: string): Promise<InputEntry[]> {
  if (fileKindOf(await bytesOf(path, 0, SIGNATURE_BYTES)) !== 'zip') {
    return [entryOver(path, () => Promise.resolve(createReadStream(path, { highWaterMark: PIECE_BYTES })))];
  }
  const entries = await zipEntries(path);
  const dataEntries = entries.filter(({ name }) => isDataName(name));
  return (dataEntries.length > 0 ? dataEntries : entries).map(({ open, ...inZip }) => entryOver(path, open, inZip));
}

/** @param open opens the bytes of the entry, which may be packed @param inZip set for a file in a zip */
function entryOver(path: string, open: OpenBytes, inZip?: Omit<ZipEntry, 'open'>): InputEntry {
  let foundWrapping: Promise<Wrapping> | undefined; // set by the first call
  const wrapping = (): Promise<Wrapping> => (foundWrapping ??= wrappingOf(open));
  return {
    file: path.split(sep).join('/'),
    name: inZip?.name,
    async *pieces(onRead) {
      const { packedShare = 1 } = inZip ?? {};
      yield* unpacked(open, await wrapping(), (bytes) => onRead?.(bytes * packedShare));
    },
    async check(signal) {
      const { layers, encoding } = await wrapping();
      const isPlain = inZip === undefined && layers.length === 0 && encoding === 'utf-8';
      if (isPlain) return bytesOf(path, -TAIL_BYTES, TAIL_BYTES);
      let tail: Uint8Array = new Uint8Array(0);
      for await (const piece of unpacked(open, { layers, encoding })) {
        signal?.throwIfAborted();
        tail = Buffer.concat([tail, piece]).subarray(-TAIL_BYTES);
      }
      return tail;
    },
  };
}
