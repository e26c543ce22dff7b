/** Ends what a lab started when the campaign ends, so that an interrupted campaign leaves nothing running. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const CLOSE_LIMIT_MS = 15_000;
/** The exit code after a signal is 128 plus its number, as in a shell. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 };

const children = new Set<ChildProcess>();
const closers = new Set<() => Promise<void>>();

/** Kills the child when the campaign ends. */
export function endWithUs(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** Calls `close` when a signal ends the campaign. @returns a function that takes this back */
export function closeWithUs(close: () => Promise<void>): () => void {
  closers.add(close);
  return () => void closers.delete(close);
}

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Set by the first signal. Later ones change nothing: they would end this process before what it started. */
let ending: Promise<never> | undefined;
for (const [signal, code] of Object.entries(EXIT_CODES)) process.on(signal, () => void (ending ??= end(code)));

async function end(code: number): Promise<never> {
  const closed = Promise.allSettled([...closers].map((close) => close()));
  await Promise.race([closed, delay(CLOSE_LIMIT_MS)]);
  return process.exit(code);
}
