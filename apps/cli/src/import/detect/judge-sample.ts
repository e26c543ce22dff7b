/**
 * Judges the sample of a file: refuses a file whose times cannot be what they were read as, and warns of times and values that
 * may mean something else. Pure.
 */
import { type BarReaderOptions, FilePlanError, timeText } from '../reading/index.js';
import { headerZone, zoneWarning } from './header-zone.js';
import type { FileLayout } from './layout.js';
import { hoursElsewhere, hoursInUtc } from './market-hours.js';
import type { ReadOptions } from './read-options.js';
import { dataRows, type SampleRow, timeTextOf } from './sample.js';
import type { SampleBar, SampleBars } from './sample-bars.js';
import {
  groupedVolumes,
  mixedRows,
  otherTimes,
  pricesAsVolumes,
  scaledPrices,
  statedInterval,
} from './doubtful-columns.js';
import { closesOf, possibleSpacing, spacingOf, spacingText } from './spacing.js';
import { swappedDates } from './swapped-dates.js';
import type { ChosenVolume } from './volume-choice.js';
import { isEpoch, lacksZone, offsetOfDay } from './wall-times.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Fewest rows that are judged by a share of them. */
const ROWS_MIN = 10;
const DAY_MS = 86_400_000;

interface Sample {
  file: FileLayout;
  rows: readonly SampleRow[];
  read: SampleBars;
  start: { tail: Uint8Array; isWhole: boolean; fileName: string; volume?: ChosenVolume };
  options: ReadOptions;
  reader: BarReaderOptions;
}

export interface Judgement {
  /** Times of the rows, before a shift to the open. */
  times: number[];
  /** Distance between rows, ms; undefined when there are too few. */
  spacing: number | undefined;
  /** What the user should see. */
  notes: string[];
  /** What may be wrong. */
  warnings: string[];
}

/** @throws FilePlanError for bars of another interval, and for dates whose day and month have changed places */
export function judgeSample(sample: Sample): Judgement {
  const { file, rows, read, start, options, reader } = sample;
  const times = [...read.head, ...read.tail].map(({ bar }) => bar.openTime + reader.shiftMs);
  const spacing = spacingOf(times);
  if (spacing !== undefined && spacing !== options.intervalMs) throw wrongInterval(spacing, options);
  const [firstRow = { texts: [] }] = dataRows(rows, file.headerLines);
  const example = timeTextOf(firstRow, file.layout); // with its date
  const offset = offsetOfDay(reader.zone);
  const walls = times.map((time) => time + offset(time));
  const isMidnight = [reader.zone, 'UTC', 'America/New_York'].some((zone) => areMidnights(times, zone));
  if (new Set(times).size > 1 && isMidnight) throw wrongInterval(DAY_MS, options);
  refuseMixedGrid(times);
  const isAssumed = times.length > 0 && isZoneAssumed(sample, example);
  return {
    times,
    spacing,
    notes: [
      ...(start.volume === undefined ? [] : [start.volume.note]),
      ...(options.hasVolume ? [] : ['no volume: 0 is stored']),
      ...(isAssumed ? ['times have no zone and are read as UTC: --tz names another one'] : []),
    ],
    warnings: [
      ...(start.volume?.warning === undefined ? [] : [start.volume.warning]),
      ...(spacing === undefined ? fewRows(times, sample) : []),
      ...(times.length > 1 && isMidnight
        ? ['all rows are of one midnight: if they are daily bars, leave them out']
        : []),
      ...lostHalfDays(walls),
      ...mixedRows(file, rows),
      ...(options.columns.has('time') ? [] : otherTimes(file, rows)),
      ...(options.columns.size > 0 ? [] : pricesAsVolumes(file, read.head)),
      ...scaledPrices(read.head),
      ...cutLastRow(start),
      ...closeWarnings(sample),
      ...groupedVolumes(file, rows, options.numbers),
      ...zoneWarnings(sample, example, walls, isAssumed),
      ...dateWarnings(sample, example, walls),
      ...futureWarnings(times),
    ],
  };
}

/** Refuses a file whose rows stand partly on whole minutes: they are ticks or bars of seconds, and a few would be stored as minutes. */
function refuseMixedGrid(times: readonly number[]): void {
  const off = times.filter((time) => time % MINUTE_MS !== 0);
  const share = off.length / times.length;
  if (times.length < ROWS_MIN || share < 0.25 || share === 1) return;
  throw new FilePlanError('off-grid', `expected whole minutes, was ${timeText(off[0]!)} among others: are they ticks?`);
}

function areMidnights(times: readonly number[], zone: string): boolean {
  const offset = offsetOfDay(zone);
  return times.every((time) => (time + offset(time)) % DAY_MS === 0);
}

function wrongInterval(spacing: number, { intervalMs }: ReadOptions): FilePlanError {
  const hint =
    spacing >= 60_000 && spacing < DAY_MS
      ? `; --interval ${shortInterval(spacing)} stores them, for sessions with that base interval`
      : '';
  const detail = `expected ${spacingText(intervalMs)} bars, was ${spacingText(spacing)} bars${hint}`;
  return new FilePlanError('wrong-interval', detail);
}

function fewRows(times: readonly number[], { file, rows, start, options }: Sample): string[] {
  const { intervalMs } = options;
  const stated = statedInterval(file, rows, start.fileName);
  const possible = stated?.ms ?? possibleSpacing(times);
  if (possible === undefined || (stated === undefined ? possible <= intervalMs : possible === intervalMs)) return [];
  const [interval, base] = [spacingText(possible), spacingText(intervalMs)];
  const why = stated === undefined ? `the few rows are ${interval} steps apart` : `${stated.by} says ${interval}`;
  const hint = possible < DAY_MS ? `import with --interval ${shortInterval(possible)}` : 'leave them out';
  return [`${why}, and the rows were read as ${base} bars: if they are ${interval} bars, ${hint}`];
}

function shortInterval(ms: number): string {
  const minutes = ms / 60_000;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

function isZoneAssumed({ file, options }: Sample, example: string): boolean {
  const isKnown = options.zone ?? file.format?.zone ?? headerZone(file.names[file.layout.time] ?? '');
  return isKnown === undefined && lacksZone(example);
}

function zoneWarnings(
  { file, read, options, reader }: Sample,
  example: string,
  walls: readonly number[],
  isAssumed: boolean,
): string[] {
  const { format, layout, names } = file;
  const named = zoneWarning(names[layout.time] ?? '', options.zone, example);
  if (named !== undefined) return [named];
  if (isAssumed && format !== undefined)
    return [`times of ${format.name} are those of the broker's server and were read as UTC: give its zone with --tz`];
  if (!lacksZone(example)) return [];
  const other = isAssumed ? hoursElsewhere(walls) : hoursInUtc(walls, reader.zone);
  if (other !== undefined) {
    const hint = isAssumed ? '; if not, with --tz UTC' : '';
    return [
      `times without a zone, from ${other.hours}, were read in ${reader.zone} and look like a market day in ${other.zone}: if they are, import with --tz ${other.zone}${hint}`,
    ];
  }
  const [first, last] = [read.head[0]?.bar, (read.tail.at(-1) ?? read.head.at(-1))?.bar];
  const isNewestFirst = first !== undefined && last !== undefined && first.openTime > last.openTime;
  return isAssumed && isNewestFirst
    ? [
        'times without a zone were read as UTC, and the newest is first, as in files of Alpha Vantage and Twelve Data, which have the time of ' +
          'the exchange: if so, import with --tz and its zone; if not, with --tz UTC',
      ]
    : [];
}

function dateWarnings({ start, options }: Sample, example: string, walls: readonly number[]): string[] {
  const swapped = isEpoch(example) ? undefined : swappedDates(walls, example, start.fileName);
  if (swapped === undefined) return [];
  if (swapped.isSure && options.timeFormat === undefined) throw new FilePlanError('unreadable-time', swapped.detail);
  return [swapped.detail];
}

/** A last row without a line end that is shorter than all others: the file may have been cut in the middle of a number. */
function cutLastRow({ tail }: Sample['start']): string[] {
  const lines = Buffer.from(tail.subarray(-4096))
    .toString('latin1')
    .split(/\r\n|\n|\r/)
    .slice(1);
  const last = lines.pop() ?? '';
  if (lines.length < 2 || /^$|[\]}\s]$/.test(last) || lines.some((line) => line.length <= last.length)) return [];
  return [`the last row has no line end and is shorter than the others ("${last}"): is the file cut short?`];
}

/** After 12:59 comes 01:00 of the same day: the times are of a clock of twelve hours, without AM and PM. */
function lostHalfDays(walls: readonly number[]): string[] {
  const hour = (wall: number): number => Math.floor((wall % DAY_MS) / HOUR_MS);
  const day = (wall: number): number => Math.floor(wall / DAY_MS);
  const isTurn = walls.some((wall, index) => {
    const next = walls[index + 1] ?? 0;
    return hour(wall) === 12 && hour(next) === 1 && day(wall) === day(next);
  });
  return isTurn && walls.every((wall) => hour(wall) >= 1 && hour(wall) <= 12)
    ? ['the hours are 1 to 12, and 12 comes before 1: were AM and PM lost?']
    : [];
}

/** A bar of the future has a time that was read wrong. */
function futureWarnings(times: readonly number[]): string[] {
  const latest = times.reduce((max, time) => Math.max(max, time), 0);
  return latest > Date.now() + DAY_MS
    ? [`times such as ${timeText(latest)} are in the future: --time-format says how to read them`]
    : [];
}

function closeWarnings({ file, read, start, options, reader }: Sample): string[] {
  if (options.times !== undefined || file.format?.times === 'close') return [];
  const timesOf = (bars: readonly SampleBar[]): number[] => bars.map(({ bar }) => bar.openTime + reader.shiftMs);
  const closes = closesOf(
    [
      { times: timesOf(read.head), isFirst: true, isLast: start.isWhole },
      { times: timesOf(read.tail), isFirst: false, isLast: true },
    ],
    options.intervalMs,
  );
  if (closes === undefined) return [];
  const [first, last] = closes.map((time) => timeText(time).slice(11, 16));
  return [
    `times look like the closes of bars (a session from ${first}Z to ${last}Z): if they are, import with --times close`,
  ];
}
