/** Judges a file by its sample: refuses it when it was surely misread, and warns when it may have been. */
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
/** Fewest rows from which a share means something. */
const ROWS_MIN = 10;

/** Each check returns its warnings; undefined or an empty list when it has none. They are shown in this order. */
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

/** The notes and warnings for the user. @throws FilePlanError for another interval, misread dates, and ticks */
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

/** Refuses a file of ticks or seconds: a quarter of its times or more, but not all, are off the whole minute. */
function refuseMixedGrid(times: readonly number[]): void {
  const off = times.filter((time) => time % MINUTE_MS !== 0);
  const share = off.length / times.length;
  if (times.length < ROWS_MIN || share < 0.25 || share === 1) return;
  throw new FilePlanError('off-grid', `expected whole minutes, was ${timeText(off[0]!)} among others: are they ticks?`);
}

/** True when all times are midnights of the file's zone, of UTC or of New York. */
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

/** Warns when there are too few rows to know their interval, and it seems to be another one. */
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

/** Files with several midnights are refused before this check. */
function oneMidnight(sample: SampleBars): string | undefined {
  if (sample.times.length < 2 || !areMidnights(sample)) return undefined;
  return 'all rows have the same midnight as their time: if they are daily bars, leave them out';
}

/** Warns when the last row has no line end and is the shortest: the file may have been cut inside of a number. */
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
