/** Waits for what a program prints. */
import type { Readable } from 'node:stream';

/** Waits until an output of a program matches. @param output its stdout or stderr @returns the output so far @throws when it ends before */
export async function outputUntil(output: Readable, wanted: RegExp): Promise<string> {
  let text = '';
  for await (const part of output.iterator({ destroyOnReturn: false })) {
    text += String(part);
    if (wanted.test(text)) break;
  }
  output.resume(); // so that the program does not block on what it prints later
  if (!wanted.test(text)) throw new Error(`expected ${wanted}, was: ${text}`);
  return text;
}
