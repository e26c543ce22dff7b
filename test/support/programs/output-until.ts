/** Waits for what a program prints. */
import type { ChildProcess } from 'node:child_process';

/** Waits until the standard output of a program matches. @returns the output so far @throws when the program ends before */
export async function outputUntil({ stdout }: ChildProcess, wanted: RegExp): Promise<string> {
  let text = '';
  for await (const part of stdout!.iterator({ destroyOnReturn: false })) {
    text += String(part);
    if (wanted.test(text)) break;
  }
  stdout!.resume(); // so that the program does not block on what it prints later
  if (!wanted.test(text)) throw new Error(`expected ${wanted}, was: ${text}`);
  return text;
}
