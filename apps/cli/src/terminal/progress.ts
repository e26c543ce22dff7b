/**
 * A progress bar on stderr when stderr is a terminal; otherwise nothing. Stdout is for results.
 */
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** @param done from 0 to 1 @param text the current work */
  update(done: number, text: string): void;
  /** Removes the bar. */
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, stop: () => undefined };
const STEPS = 1000;

/** Starts a bar with a label. Silent without a terminal or when `quiet`. */
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
