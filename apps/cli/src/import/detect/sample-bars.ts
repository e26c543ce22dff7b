/** Reads the first and the last rows of a file as an import would, to show and to judge them. Pure. */
import type { Bar } from '@barkeep/bars';
import { BarReader, type BarReaderOptions, FilePlanError, type RowSink } from '../reading/index.js';
import { splitterOf } from '../rows/index.js';
import type { FileLayout } from './layout.js';
import type { ReadOptions } from './read-options.js';
import { type FileStart, timeTextOf } from './sample.js';
import { spacingOf } from './spacing.js';
import { lacksZone, namedZone, offsetOfDay } from './zones.js';

/** Fewest rows from which the share of unreadable times is judged. */
const END_ROWS_MIN = 10;
/** The share of unreadable times from which the readable ones are doubted. */
const PARTLY_MIN = 0.25;

/** What decides how a file is read. */
export interface FileReading {
  start: FileStart;
  options: ReadOptions;
  /** Undefined for JSON. */
  delimiter: string | undefined;
  file: FileLayout;
  reader: BarReaderOptions;
}

/** The bars in the first and the last bytes of a file, and facts about their times. */
export interface SampleBars extends FileReading {
  /** The bars in the first bytes. */
  head: readonly Bar[];
  /** The last bar of the sample. */
  last: Bar | undefined;
  /** Times as the rows have them, epoch ms: closes when the times of the file are closes. */
  times: readonly number[];
  /** Distance between rows, ms; undefined when there are too few rows. */
  spacing: number | undefined;
  /** The times as wall times of their zone, in ms as if the zone were UTC. */
  walls: readonly number[];
  /** Text of the first time, with its date. */
  example: string;
  /** True when the times have no zone and nothing names one, so that UTC is assumed. */
  isAssumed: boolean;
}

/** @throws FilePlanError when times can be read at one end of the file only, or when many cannot be read */
export function readSample(reading: FileReading): SampleBars {
  const { start, options, file, reader } = reading;
  const first = readPart(start.head, reading, start.isWhole);
  const last = start.isWhole ? undefined : readTail(reading);
  const quarter = Math.floor(first.times.length / 4);
  if (last === undefined)
    refuseHalfRead(first.times.slice(0, quarter), first.times.slice(first.times.length - quarter));
  else refuseHalfRead(first.times, last.times);
  refusePartlyRead([...first.times, ...(last?.times ?? [])]);
  const [head, tail] = [first.bars, last?.bars ?? []];
  const times = [...head, ...tail].map(({ openTime }) => openTime + reader.shiftMs);
  const offset = offsetOfDay(reader.zone);
  const example = timeTextOf(file.data[0]?.texts ?? [], file.layout);
  return {
    ...reading,
    head,
    last: tail.at(-1) ?? head.at(-1),
    times,
    spacing: spacingOf(times),
    walls: times.map((time) => time + offset(time)),
    example,
    isAssumed: times.length > 0 && namedZone(file, options.zone) === undefined && lacksZone(example),
  };
}

/** Why the time of a sampled row could not be read; undefined when it could. */
type TimeFailure = string | undefined;

interface SamplePart {
  bars: Bar[];
  /** One for each row whose time was read or unreadable. */
  times: TimeFailure[];
}

/** Reads the last bytes from their first complete row on. JSON rows have the keys of the file's first object. */
function readTail({ start: { tail }, delimiter, file, reader }: FileReading): SamplePart {
  const rows = tail.subarray(firstRowOf(tail, delimiter === undefined));
  return readPart(rows, { delimiter, reader: { ...reader, headerLines: 0 } }, true, file.names);
}

/** @param isEnd true when the bytes end where the file ends: the last row is then complete */
function readPart(
  bytes: Uint8Array,
  { delimiter, reader }: Pick<FileReading, 'delimiter' | 'reader'>,
  isEnd: boolean,
  keys?: readonly string[],
): SamplePart {
  const bars: Bar[] = [];
  const times: TimeFailure[] = [];
  const sink: RowSink = {
    bar: (_, bar) => {
      bars.push(bar);
      times.push(undefined);
    },
    refuse: (_, reason, detail) => void (reason === 'unreadable-time' && times.push(detail)),
  };
  const rows = splitterOf(delimiter, new BarReader({ ...reader, gridMs: 1 }, sink), keys);
  rows.push(bytes);
  if (isEnd) rows.end();
  return { bars, times };
}

/** Refuses a file whose times can be read at one end only: days were taken for months. @throws FilePlanError */
function refuseHalfRead(first: readonly TimeFailure[], last: readonly TimeFailure[]): void {
  const failed = (times: readonly TimeFailure[]): number =>
    times.filter((time) => time !== undefined).length / times.length;
  if (Math.min(first.length, last.length) < END_ROWS_MIN || Math.abs(failed(first) - failed(last)) < 0.8) return;
  const example = [...first, ...last].find((time) => time !== undefined) ?? '';
  throw new FilePlanError(
    'unreadable-time',
    `times can be read at one end of the file and not at the other (${example}): is the day before the month?`,
  );
}

/** Refuses a file when many of its times cannot be read: the others may be wrong. @throws FilePlanError */
function refusePartlyRead(times: readonly TimeFailure[]): void {
  const unread = times.filter((time) => time !== undefined);
  const share = unread.length / times.length;
  if (times.length < END_ROWS_MIN || share < PARTLY_MIN || share === 1) return;
  throw new FilePlanError(
    'unreadable-time',
    `${unread.length} of ${times.length} times could not be read (${unread[0]}), so the others may be wrong too`,
  );
}

/** Where the first complete row of the last bytes begins. */
function firstRowOf(tail: Uint8Array, isJson: boolean): number {
  const [CLOSE_ARRAY, CLOSE_OBJECT, COMMA, LF, CR] = [93, 125, 44, 10, 13];
  const ends = (byte: number, index: number): boolean => {
    if (!isJson) return byte === LF || byte === CR;
    const before = tail[index - 1];
    return (byte === COMMA || byte === LF) && (before === CLOSE_ARRAY || before === CLOSE_OBJECT);
  };
  return tail.findIndex(ends) + 1;
}
