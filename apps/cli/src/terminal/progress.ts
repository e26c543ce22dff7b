/**
 * A progress bar on stderr when stderr is a terminal; otherwise nothing. Stdout is for results.
 */
import { SingleBar } from 'cli-progress';
import { formatCount } from './output.js';

export interface Progress {
  /** @param done from 0 to 1 @param text the current work @param units counts towards the rate, such as bars */
  update(done: number, text: string, units?: number): void;
  /** Clears the bar, so that a text can be printed; the next update shows it again. */
  pause(): void;
  /** Removes the bar. */
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, pause: () => undefined, stop: () => undefined };
const STEPS = 1000;

/** Starts a bar with a label. Silent without a terminal or when `quiet`. */
export function startProgress(label: string, quiet = false): Progress {
  if (quiet || !process.stderr.isTTY) return SILENT;
  const startedAt = performance.now();
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
  let isShown = false;
  const stop = (): void => {
    if (isShown) bar.stop();
    isShown = false;
  };
  return {
    update: (done, text, units) => {
      const share = Math.max(0, Math.min(1, done));
      if (!isShown) bar.start(STEPS, 0, { text: '' });
      isShown = true;
      bar.update(Math.floor(share * STEPS), {
        text: text + rateText(share, units, (performance.now() - startedAt) / 1000),
      });
    },
    pause: stop,
    stop,
  };
}

/** The rate and the time left, once both mean something. */
export function rateText(share: number, units: number | undefined, seconds: number): string {
  if (units === undefined || units === 0 || share <= 0 || seconds < 1) return '';
  const left = Math.round((seconds * (1 - share)) / share);
  const time = left < 90 ? `${left} s` : left < 5400 ? `${Math.round(left / 60)} min` : `${(left / 3600).toFixed(1)} h`;
  return `, ${formatCount(Math.round(units / seconds))}/s, ${time} left`;
}
