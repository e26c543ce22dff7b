/** Reads the start of an entry (a file, or a file in a zip), and plans by it how the entry is read. Also finds symbols in paths. */
import { type FilePlan, type FileStart, leanFile, planFile, planLean, type ReadOptions } from '../detect/index.js';
import { firstBytes, type InputEntry, isLeanName } from '../files/index.js';
import type { ImportPlan } from './import-plan.js';

/** Fewest bytes that are read for the head, unless the entry is shorter. */
const HEAD_BYTES = 256 * 1024;

/**
 * Reads the start of an entry.
 * @param symbol that --symbol-from-path finds @param tail the last bytes, when they are known
 * @param onRead called with the number of bytes read from the file on disk
 */
export async function startOf(
  entry: InputEntry,
  symbol: string | undefined,
  tail?: Uint8Array,
  onRead?: (bytes: number) => void,
): Promise<FileStart> {
  const head = await firstBytes(entry.pieces(onRead), HEAD_BYTES);
  const isWhole = head.length < HEAD_BYTES;
  const path = entry.name ?? entry.file;
  const fileName = path.slice(path.lastIndexOf('/') + 1);
  return { head, tail: tail ?? (isWhole ? head : new Uint8Array(0)), isWhole, fileName, symbol };
}

/** Plans an entry by its start: as a Lean file, or as its text shows. Undefined when there is no text. @throws FilePlanError */
export function planByStart(entry: InputEntry, start: FileStart, read: ReadOptions): FilePlan | undefined {
  const looksLikeLean = isLeanName(entry.file) && entry.file.includes('/minute/'); // a folder of Lean
  const isLean = read.format === 'lean' || (read.format === undefined && looksLikeLean);
  if (!isLean) return planFile(start, read);
  const file = leanFile(entry.file, entry.name, { ...read, symbol: start.symbol ?? read.symbol });
  return planLean(file, read, start.head);
}

/** The symbol that --symbol-from-path finds for each entry: in its path within the zip, or, when that has none, in the path of the file. */
export function symbolsByPath(entries: readonly InputEntry[], { symbolOf }: ImportPlan): (string | undefined)[] {
  return entries.map(
    ({ file, name }) => (name === undefined ? undefined : symbolOf?.(`${file}/${name}`)) ?? symbolOf?.(file),
  );
}
