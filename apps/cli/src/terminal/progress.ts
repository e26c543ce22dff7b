/**
 * A progress bar on stderr when a person watches, nothing when not. Never on stdout: that is for results.
 */
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** @param done from 0 to 1 @param text what is being done right now */
  update(done: number, text: string): void;
  /** Removes the bar. */
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, stop: () => undefined };
const STEPS = 1000;

/** A bar with a label before it; silent without a terminal, and when `quiet`. */
export function startProgress(label: string, quiet = false): Progress {
  if (quiet || !process.stderr.isTTY) return SILENT;
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}%  {text}`,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    barsize: 30,
    fps: 10,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  bar.start(STEPS, 0, { text: '' });
  return {
    update: (done, text) => bar.update(Math.floor(Math.max(0, Math.min(1, done)) * STEPS), { text }),
    stop: () => bar.stop(),
  };
}
