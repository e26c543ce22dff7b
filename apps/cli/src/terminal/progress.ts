/** Shows a progress bar on stderr when stderr is a terminal, otherwise nothing: stdout is only for results. */
import { SingleBar } from 'cli-progress';
import { InterruptedError } from './lifetime.js';
import { formatCount } from './output.js';

export interface Progress {
  /** @param done from 0 to 1 @param text the current work @param units done so far, such as bars, for the rate */
  readonly update: (done: number, text: string, units?: number) => void;
  /** Clears the bar, so that a text can be printed; the next update shows it again. */
  pause(): void;
}

const SILENT: Progress = { update: () => undefined, pause: () => undefined };
/** The bar counts from 0 to this number. */
const STEPS = 1000;

/**
 * Runs `work` with a progress bar that starts with `label`. There is no bar without a terminal or when `quiet`.
 * @param outcome says what an interruption leaves behind; the message of the error then ends with this text
 * @throws what the work throws
 */
export async function withProgress<T>(
  label: string,
  quiet: boolean | undefined,
  work: (progress: Progress) => Promise<T>,
  outcome?: () => string,
): Promise<T> {
  const progress = startProgress(label, quiet);
  try {
    return await work(progress);
  } catch (error) {
    if (!(error instanceof InterruptedError) || !outcome) throw error;
    throw new InterruptedError(`${error.message}: ${outcome()}`);
  } finally {
    progress.pause();
  }
}

function startProgress(label: string, quiet = false): Progress {
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
  let firstUpdate: { at: number; share: number; units: number } | undefined;
  return {
    update: (done, text, units) => {
      const share = Math.max(0, Math.min(1, done));
      if (!bar.isActive) bar.start(STEPS, 0, { text: '' });
      firstUpdate ??= { at: performance.now(), share, units: units ?? 0 };
      const seconds = (performance.now() - firstUpdate.at) / 1000;
      const rate = units === undefined ? '' : rateText(firstUpdate.share, share, units - firstUpdate.units, seconds);
      bar.update(Math.floor(share * STEPS), { text: text + rate });
    },
    pause: () => {
      if (bar.isActive) bar.stop();
    },
  };
}

/**
 * The rate and the time left; empty until they can be estimated.
 * @param firstShare share at the first update, above 0 if a part was done before @param share share that is done now
 * @param units units done since the first update @param seconds seconds since the first update
 */
export function rateText(firstShare: number, share: number, units: number, seconds: number): string {
  if (units <= 0 || share <= firstShare || seconds < 1) return '';
  const secondsLeft = Math.round((seconds * (1 - share)) / (share - firstShare));
  return `, ${formatCount(Math.round(units / seconds))}/s, ${durationText(secondsLeft)} left`;
}

/** Seconds up to one and a half minutes, then minutes up to one and a half hours, then hours. */
function durationText(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
