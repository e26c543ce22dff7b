/** Reads the start of an entry (a file, or a file in a zip), plans the entry, and checks that JSON is whole. */
import { type FilePlan, type FileStart, leanFile, planFile, planLean, type ReadOptions } from '../detect/index.js';
import { type InputEntry, isLeanName } from '../files/index.js';
import { FilePlanError } from '../reading/index.js';
import { JsonRows } from '../rows/index.js';
import type { ImportPlan } from './import-plan.js';

/** Fewest bytes that are read for the head, unless the entry is shorter. */
const HEAD_BYTES = 256 * 1024;

/**
 * Reads the start of an entry. `rest` gives the bytes after it; the caller must read it to its end or call its `return`.
 * @param symbol that --symbol-from-path finds @param tail the last bytes, when they are known
 * @param onRead called with the number of bytes read from the file on disk
 */
export async function startOf(
  entry: InputEntry,
  symbol: string | undefined,
  tail?: Uint8Array,
  onRead?: (bytes: number) => void,
): Promise<{ start: FileStart; rest: AsyncGenerator<Uint8Array, void> }> {
  const rest = entry.pieces(onRead);
  const parts: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
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
  const tailInHead = isWhole ? head : new Uint8Array(0);
  return { start: { head, tail: tail ?? tailInHead, isWhole, fileName, symbol }, rest };
}

/** Plans an entry by its start: as a Lean file, or as its text shows. Undefined when there is no text. @throws FilePlanError */
export function entryPlan(entry: InputEntry, start: FileStart, read: ReadOptions): FilePlan | undefined {
  const looksLikeLean = isLeanName(entry.file) && entry.file.includes('/minute/'); // a folder of Lean
  const isLean = read.format === 'lean' || (read.format === undefined && looksLikeLean);
  if (!isLean) return planFile(start, read);
  const file = leanFile(entry.file, entry.name, { ...read, symbol: start.symbol ?? read.symbol });
  return planLean(file, read, start.head);
}

/**
 * Checks JSON from its first piece to its last, so that no half of a damaged file is stored.
 * @returns see `JsonRows.lateNames` @throws FilePlanError
 */
export async function checkWhole(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<ReadonlySet<string>> {
  let problem: FilePlanError | undefined;
  const rows = new JsonRows({
    row: () => undefined,
    refuse: (line, reason, detail) => {
      if (reason !== 'bad-json') return; // a single row, which is refused when it is read
      problem = new FilePlanError('unreadable-file', `the JSON is cut short, damaged or inconsistent: ${detail}`, line);
    },
  });
  for await (const piece of pieces) rows.push(piece);
  rows.end();
  if (problem !== undefined) throw problem;
  return rows.lateNames;
}

/** The symbol that --symbol-from-path finds for each entry: in its path within the zip, or, when that has none, in the path of the file. */
export function symbolsByPath(entries: readonly InputEntry[], { symbolOf }: ImportPlan): (string | undefined)[] {
  return entries.map(
    ({ file, name }) => (name === undefined ? undefined : symbolOf?.(`${file}/${name}`)) ?? symbolOf?.(file),
  );
}
