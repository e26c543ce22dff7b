/**
 * Judges the sample of a file: refuses a file whose times cannot be what they were read as, and warns of times and values that
 * may mean something else. Pure.
 */
import { FilePlanError, timeText } from '../reading/index.js';
import {
  groupedVolumes,
  mixedRows,
  otherTimes,
  pricesAsVolumes,
  scaledPrices,
  statedInterval,
} from './doubtful-columns.js';
import { closesAsOpens, doubtfulDates, doubtfulZone, futureTimes, lostHalfDays } from './doubtful-times.js';
import type { SampleBars } from './sample-bars.js';
import { possibleSpacing, spacingText } from './spacing.js';
import { offsetOfDay } from './zones.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Fewest rows that are judged by a share of them. */
const ROWS_MIN = 10;

/** What may be wrong with a file, in the order in which it is shown; undefined or empty when nothing speaks for it. */
const CHECKS: readonly ((sample: SampleBars) => string | readonly string[] | undefined)[] = [
  ({ start }) => start.volume?.warning,
  fewRows,
  oneMidnight,
  lostHalfDays,
  mixedRows,
  otherTimes,
  pricesAsVolumes,
  scaledPrices,
  cutLastRow,
  closesAsOpens,
  groupedVolumes,
  doubtfulZone,
  doubtfulDates,
  futureTimes,
];

/**
 * What the user should see of a file, and what may be wrong with it.
 * @throws FilePlanError for bars of another interval, and for dates whose day and month have changed places
 */
export function judgeSample(sample: SampleBars): { notes: string[]; warnings: string[] } {
  const { times, spacing, start, options } = sample;
  if (spacing !== undefined && spacing !== options.intervalMs) throw wrongInterval(spacing, options.intervalMs);
  if (new Set(times).size > 1 && areMidnights(sample)) throw wrongInterval(DAY_MS, options.intervalMs);
  refuseMixedGrid(times);
  const notes = [
    start.volume?.note ?? [],
    options.hasVolume ? [] : 'no volume: 0 is stored',
    sample.isAssumed ? 'times have no zone and are read as UTC: --tz names another one' : [],
  ].flat();
  return { notes, warnings: CHECKS.flatMap((check) => check(sample) ?? []) };
}

/** Refuses a file whose rows stand partly on whole minutes: they are ticks or bars of seconds, and a few would be stored as minutes. */
function refuseMixedGrid(times: readonly number[]): void {
  const off = times.filter((time) => time % MINUTE_MS !== 0);
  const share = off.length / times.length;
  if (times.length < ROWS_MIN || share < 0.25 || share === 1) return;
  throw new FilePlanError('off-grid', `expected whole minutes, was ${timeText(off[0]!)} among others: are they ticks?`);
}

function areMidnights({ times, reader }: SampleBars): boolean {
  return [reader.zone, 'UTC', 'America/New_York'].some((zone) => {
    const offset = offsetOfDay(zone);
    return times.every((time) => (time + offset(time)) % DAY_MS === 0);
  });
}

function wrongInterval(spacing: number, intervalMs: number): FilePlanError {
  const hint =
    spacing >= MINUTE_MS && spacing < DAY_MS
      ? `; --interval ${shortInterval(spacing)} stores them, for sessions with that base interval`
      : '';
  const detail = `expected ${spacingText(intervalMs)} bars, was ${spacingText(spacing)} bars${hint}`;
  return new FilePlanError('wrong-interval', detail);
}

/** Too few rows to know their interval may be of another one. */
function fewRows(sample: SampleBars): string | undefined {
  const { times, spacing, options } = sample;
  if (spacing !== undefined) return undefined;
  const stated = statedInterval(sample);
  const possible = stated?.ms ?? possibleSpacing(times);
  if (possible === undefined || possible === options.intervalMs) return undefined;
  if (stated === undefined && possible < options.intervalMs) return undefined;
  const [interval, base] = [spacingText(possible), spacingText(options.intervalMs)];
  const why = stated === undefined ? `the few rows are ${interval} steps apart` : `${stated.by} says ${interval}`;
  const hint = possible < DAY_MS ? `import with --interval ${shortInterval(possible)}` : 'leave them out';
  return `${why}, and the rows were read as ${base} bars: if they are ${interval} bars, ${hint}`;
}

function shortInterval(ms: number): string {
  const minutes = ms / MINUTE_MS;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

function oneMidnight(sample: SampleBars): string | undefined {
  if (sample.times.length < 2 || !areMidnights(sample)) return undefined;
  return 'all rows are of one midnight: if they are daily bars, leave them out';
}

/** A last row without a line end that is shorter than all others: the file may have been cut in the middle of a number. */
function cutLastRow({ start: { tail } }: SampleBars): string | undefined {
  const lines = Buffer.from(tail.subarray(-4096))
    .toString('latin1')
    .split(/\r\n|\n|\r/)
    .slice(1);
  const last = lines.pop() ?? '';
  const isShorter = lines.every((line) => line.length > last.length);
  if (lines.length < 2 || /^$|[\]}\s]$/.test(last) || !isShorter) return undefined;
  return `the last row has no line end and is shorter than the others ("${last}"): is the file cut short?`;
}
