/** Tells whether times that were read as the opens of bars look like closes. Pure. */
import { distancesOf, MINUTE_MS, sortedTimes } from '@barkeep/bars';
import { timeText } from '../reading/index.js';
import { bareName } from './header-names.js';
import type { SampleBars } from './sample-bars.js';

/** Markets open and close on a quarter of an hour. */
const QUARTER_HOUR_MS = 15 * MINUTE_MS;
/** Rows that are further apart are in different segments. */
const PAUSE_MS = 30 * MINUTE_MS;
/** At least this share of the segments must look like closes: a few segments of a quiet symbol do so by coincidence. */
const CLOSES_SHARE_MIN = 0.25;
/** A segment with fewer rows is ignored. */
const SEGMENT_ROWS_MIN = 20;
/** The bare name of a column of the times at which bars end, such as `close_time`, `bar_end` or `timeClose`. */
const CLOSE_NAME =
  /^(bar|candle|period|interval|window|time|timeperiod)?(close|end)(d?at|time|date|timestamp|ts)?(ms|utc)?$/;

/** Warns when times that were read as opens look like closes. */
export function closesAsOpens({ file, head, start, options, times }: SampleBars): string | undefined {
  if (options.times !== undefined || file.format?.times === 'close') return undefined;
  const name = file.names[file.layout.time] ?? '';
  if (CLOSE_NAME.test(bareName(name)))
    return `the column "${name}" seems to have the closes of bars, and they were read as opens: import with --times close or --times open`;
  // The head and the tail of the file; the tail is empty when the head is the whole file.
  const parts = [
    { times: times.slice(0, head.length), isFirst: true, isLast: start.isWhole },
    { times: times.slice(head.length), isFirst: false, isLast: true },
  ];
  const closes = exampleOfCloses(parts, options.intervalMs);
  if (closes === undefined) return undefined;
  const [first, last] = closes.map((time) => timeText(time).slice(11, 16)); // `HH:mm` of `YYYY-MM-DDTHH:mm…`
  return `times look like bar close times (a day from ${first}Z to ${last}Z): if they are, import with --times close`;
}

/** Times of consecutive rows, epoch ms. The first part begins where the file begins, and the last one ends where the file ends. */
interface FilePart {
  times: readonly number[];
  isFirst: boolean;
  isLast: boolean;
}

/**
 * The first and the last time of a segment whose times look like closes, such as 09:31 and 16:00. Undefined when too few segments
 * look like that ({@link CLOSES_SHARE_MIN}), or when any looks like opens (09:30 and 15:59). A segment here is a list of times
 * without a pause of more than half an hour.
 * @param intervalMs interval of the rows
 */
export function exampleOfCloses(parts: readonly FilePart[], intervalMs = MINUTE_MS): [number, number] | undefined {
  if (intervalMs >= QUARTER_HOUR_MS) return undefined; // opens and closes would look alike
  const edges = parts.flatMap(edgesOf);
  const closes = edges.filter(([first, last]) => sinceQuarter(first) === intervalMs && sinceQuarter(last) === 0);
  const lastOpen = QUARTER_HOUR_MS - intervalMs;
  const hasOpens = edges.some(([first, last]) => sinceQuarter(first) === 0 && sinceQuarter(last) === lastOpen);
  const areTooFew = closes.length < CLOSES_SHARE_MIN * edges.length;
  return hasOpens || areTooFew ? undefined : closes[0];
}

/** The first and the last time of each segment, without short ones and without those that the ends of the part may cut. */
function edgesOf({ times, isFirst, isLast }: FilePart): [first: number, last: number][] {
  const sorted = sortedTimes(times);
  const starts = [0, ...distancesOf(sorted).flatMap((distance, index) => (distance > PAUSE_MS ? index + 1 : []))];
  return starts
    .map((from, index) => sorted.slice(from, starts[index + 1]))
    .slice(isFirst ? 0 : 1, isLast ? undefined : -1)
    .filter((segment) => segment.length >= SEGMENT_ROWS_MIN)
    .map((segment) => [segment[0]!, segment.at(-1)!]);
}

/** Time since the last quarter of an hour, ms; never negative, although times before 1970 are. */
function sinceQuarter(time: number): number {
  return ((time % QUARTER_HOUR_MS) + QUARTER_HOUR_MS) % QUARTER_HOUR_MS;
}
