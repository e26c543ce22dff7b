/** Writes a file whole or not at all, so that a full disk or Ctrl-C leaves neither a part of it nor a damaged earlier file. */
import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/**
 * Writes a new file beside `file`, then gives it the name `file`. Writes to a pipe or a device directly.
 * @throws errors of the system, the reason of `signal`
 */
export async function writeWhole(file: string, texts: AsyncIterable<string> | Iterable<string>, signal: AbortSignal) {
  const target = await realpath(file).catch(() => file); // the file behind a symbolic link
  const existing = await stat(target).catch(() => undefined);
  const isPipeOrDevice = existing !== undefined && !existing.isFile();
  const writePath = isPipeOrDevice ? target : `${target}.${process.pid}.part`;
  const stream = createWriteStream(writePath);
  try {
    await pipeline(texts, stream, { signal });
    if (!isPipeOrDevice) await rename(writePath, target);
  } catch (error) {
    if (!isPipeOrDevice) {
      // The pipeline may fail while the system still opens the file. Removed before the end of that, the file would be created again.
      if (!stream.closed) await new Promise<void>((resolve) => stream.once('close', resolve));
      await rm(writePath, { force: true });
    }
    throw error;
  }
}
