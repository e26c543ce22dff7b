/** How much space is left on the disk of a folder. Servers and downloads fail in many ways when there is none. */
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

const MB = 1_000_000;
/** With less space left, a failure may come from the lack of it: PostgreSQL adds 16 MB to its log at a time. */
const LOW_BYTES = 100 * MB;

/**
 * Says that little space is left on the disk of a folder, which may not exist yet; undefined when there is enough.
 * @param neededBytes how much is enough @default 100 MB
 */
export function lowDiskText(folder: string, neededBytes = LOW_BYTES): string | undefined {
  if (!existsSync(folder)) return lowDiskText(dirname(folder), neededBytes);
  const { blocks, bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  if (blocks === 0 || freeBytes >= neededBytes) return undefined; // what has no blocks is no disk, such as /proc
  return `only ${Math.floor(freeBytes / MB)} MB are left on the disk of ${folder}`;
}
