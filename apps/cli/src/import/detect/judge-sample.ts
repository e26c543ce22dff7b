/** Judges a file by its sample: refuses it when it was surely misread, and warns when it may have been. */
import { areMostlyApart, DAY_MS, distancesOf, MINUTE_MS, sortedTimes } from '@barkeep/bars';
import { FilePlanError, timeText } from '../reading/index.js';
import {
  groupedVolumes,
  mixedRows,
  otherSymbol,
  otherTimes,
  pricesAsVolumes,
  scaledPrices,
  statedInterval,
} from './doubtful-columns.js';
import { closesAsOpens, doubtfulDates, doubtfulZone, futureTimes, lostHalfDays } from './doubtful-times.js';
import type { SampleBars } from './sample-bars.js';
import { possibleSpacing, spacingText } from './spacing.js';
import { offsetOfDay } from './zones.js';

/** Fewest rows from which a share means something. */
const ROWS_MIN = 10;
/** The share of times off the whole minute from which a file is one of ticks or seconds. */
const OFF_GRID_SHARE_MIN = 0.25;
/** Number of bytes at the end of a file whose lines are compared with the last one. */
const LAST_LINES_BYTES = 4096;

/** Each check returns its warnings, or none; they are shown in this order. `doubtfulDates` may throw FilePlanError. */
const CHECKS: readonly ((sample: SampleBars) => string | readonly string[] | undefined)[] = [
  ({ start }) => start.volume?.warning,
  fewRows,
  oneMidnight,
  lostHalfDays,
  mixedRows,
  otherSymbol,
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
  const closest = closestTimes(sample);
  if (closest !== undefined && !options.hasCalendar) throw shortBars(closest, options.intervalMs);
  const isOther = spacing !== undefined && spacing !== options.intervalMs && closest === undefined;
  if (isOther) throw wrongInterval(spacing, options.intervalMs);
  if (new Set(times).size > 1 && areMidnights(sample)) throw wrongInterval(DAY_MS, options.intervalMs);
  refuseMixedGrid(times);
  const notes = [
    start.volume?.note ?? [],
    options.hasVolume ? [] : 'no volume: 0 is stored',
    sample.isUtcAssumed ? 'times have no zone and are read as UTC: --tz names another one' : [],
  ].flat();
  return { notes, warnings: CHECKS.flatMap((check) => check(sample) ?? []) };
}

/** Refuses a file of ticks or seconds: a quarter of its times or more, but not all, are off the whole minute. */
function refuseMixedGrid(times: readonly number[]): void {
  const offGrid = times.filter((time) => time % MINUTE_MS !== 0);
  const share = offGrid.length / times.length;
  // Times that are all off the minute are refused row by row, with a hint: they may be closes such as 09:30:59.
  if (times.length < ROWS_MIN || share < OFF_GRID_SHARE_MIN || share === 1) return;
  const example = timeText(offGrid[0]!);
  throw new FilePlanError('off-grid', `expected whole minutes, was ${example} among others: are they ticks?`);
}

/** True when all times are midnights in one zone: that of the file, UTC or New York. Such rows are daily bars. */
function areMidnights({ times, reader }: SampleBars): boolean {
  return [reader.zone, 'UTC', 'America/New_York'].some((zone) => {
    const offsetMs = offsetOfDay(zone);
    return times.every((time) => (time + offsetMs(time)) % DAY_MS === 0);
  });
}

/**
 * The shortest time between two rows, ms, when it is shorter than the interval although the rows are bars of the interval; otherwise
 * undefined. A market whose hours are no multiple of the interval has such rows: its last bar before each close is shorter. Only a
 * calendar knows when that bar opens.
 */
function closestTimes({ times, spacing, reader, options: { intervalMs } }: SampleBars): number | undefined {
  const distances = distancesOf(sortedTimes(times));
  const closest = Math.min(...distances);
  if (intervalMs === MINUTE_MS || closest >= intervalMs) return undefined;
  // Bars of a shorter interval follow each other; after a shorter bar before a close comes a night or a break.
  const followEachOther = distances.some((ms, index) => ms < intervalMs && distances[index + 1]! < intervalMs);
  const areShorterBars = followEachOther && spacing !== undefined && spacing < intervalMs;
  const areCloses = reader.shiftMs > 0;
  return !areShorterBars && (areCloses || areMostlyApart(times, intervalMs)) ? closest : undefined;
}

function shortBars(closest: number, intervalMs: number): FilePlanError {
  const detail = `expected ${spacingText(intervalMs)} bars, was times that are ${spacingText(closest)} steps apart`;
  const hint = 'if the bars before a close are shorter, give --calendar, which knows when they open';
  return new FilePlanError('wrong-interval', `${detail}: ${hint}`);
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
  const likelyMs = stated?.ms ?? possibleSpacing(times);
  const isExpected = likelyMs === undefined || likelyMs === options.intervalMs;
  if (isExpected) return undefined;
  const isSeenLater = stated === undefined && likelyMs < options.intervalMs; // SpacingWatch warns of rows that are too close
  if (isSeenLater) return undefined;
  const [interval, base] = [spacingText(likelyMs), spacingText(options.intervalMs)];
  const why = stated === undefined ? `the few rows are ${interval} steps apart` : `${stated.by} says ${interval}`;
  const hint = likelyMs < DAY_MS ? `import with --interval ${shortInterval(likelyMs)}` : 'leave them out';
  return `${why}, and the rows were read as ${base} bars: if they are ${interval} bars, ${hint}`;
}

function shortInterval(ms: number): string {
  const minutes = ms / MINUTE_MS;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

/** Warns when all rows have one midnight as their time. A file with several midnights was refused before. */
function oneMidnight(sample: SampleBars): string | undefined {
  if (sample.times.length < 2 || !areMidnights(sample)) return undefined;
  return 'all rows have the same midnight as their time: if they are daily bars, leave them out';
}

/** Warns when the last row has no line end and is the shortest: the file may have been cut inside of a number. */
function cutLastRow({ start: { tail } }: SampleBars): string | undefined {
  const lines = Buffer.from(tail.subarray(-LAST_LINES_BYTES))
    .toString('latin1')
    .split(/\r\n|\n|\r/)
    .slice(1); // the first line may be only a part of one
  const last = lines.pop() ?? '';
  const isShortest = lines.every((line) => line.length > last.length);
  const isComplete = last === '' || /[\]}\s]$/.test(last); // after a line end, a blank, or a bracket of JSON
  if (lines.length < 2 || isComplete || !isShortest) return undefined;
  return `the last row has no line end and is shorter than the others ("${last}"): is the file cut short?`;
}
