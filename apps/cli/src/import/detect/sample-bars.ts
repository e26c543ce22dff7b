/** Reads the first and the last rows of a file as an import would, to show and to judge them. Pure. */
import { type Bar, spacingOf } from '@barkeep/bars';
import { BarReader, type BarReaderOptions, type RowSink } from '../reading/index.js';
import { splitterOf } from '../rows/index.js';
import { clockOf } from '../times/index.js';
import { lacksZone } from './field-texts.js';
import type { FileLayout } from './layout.js';
import type { ReadOptions } from './read-options.js';
import { type FileSample, type FileStart, fromFirstRow, timeTextOf } from './sample.js';
import { refuseUnreadTimes, type TimeFailures } from './unread-times.js';
import { namedZone } from './zones.js';

/** What decides how a file is read. */
export interface FileReading {
  start: FileStart;
  options: ReadOptions;
  sample: FileSample;
  file: FileLayout;
  reader: BarReaderOptions;
}

/** The bars in the first and the last bytes of a file, and facts about their times. */
export interface SampleBars extends FileReading {
  /** The bars in the first bytes. */
  head: readonly Bar[];
  last: Bar | undefined;
  /** Times as written in the file, epoch ms (closes if the file has closes). */
  times: readonly number[];
  /** Distance between rows, ms; undefined when there are too few rows. */
  spacing: number | undefined;
  /** `times` as a clock in the zone of the file shows them, in ms as if that zone were UTC. */
  wallTimes: readonly number[];
  /** Text of the first row's time, with its date. */
  example: string;
  /** True when the times have no zone and nothing names one, so that UTC is assumed. */
  isUtcAssumed: boolean;
}

/** Reads the first and last rows of a file. @throws FilePlanError when times can be read at one end only, or when many cannot be read */
export function readSample(reading: FileReading): SampleBars {
  const { start, options, sample, file, reader } = reading;
  // A grid of 1 ms accepts times that are not whole minutes: judgeSample decides about them.
  const sampleReader = { ...reader, gridMs: 1 };
  const head = readPart(start.head, sample.delimiter, sampleReader, start.isWhole);
  const tail = start.isWhole ? { bars: [], timeFailures: [] } : readTail(reading, sampleReader);
  refuseUnreadTimes(head.timeFailures, tail.timeFailures, start.isWhole);
  const bars = [...head.bars, ...tail.bars];
  const times = bars.map(({ openTime }) => openTime + reader.shiftMs);
  const clock = clockOf(reader.zone);
  const example = timeTextOf(file.data[0]?.texts ?? [], file.layout);
  return {
    ...reading,
    head: head.bars,
    last: bars.at(-1),
    times,
    spacing: spacingOf(times),
    wallTimes: times.map((time) => time + clock.offsetOnDay(time)),
    example,
    isUtcAssumed: times.length > 0 && namedZone(file, options.zone) === undefined && lacksZone(example),
  };
}

interface SamplePart {
  bars: readonly Bar[];
  timeFailures: TimeFailures;
}

/**
 * Reads the last bytes from their first complete row on. JSON rows have the keys of the file's first object. What names their symbols may
 * come before the last bytes, so all count as one symbol.
 */
function readTail({ start: { tail }, sample: { delimiter }, file }: FileReading, reader: BarReaderOptions): SamplePart {
  const tailReader = { ...reader, headerLines: 0, symbol: 'any', anySymbol: true };
  return readPart(fromFirstRow(tail, delimiter), delimiter, tailReader, true, file.names);
}

/**
 * Reads rows as an import would.
 * @param isEnd true when the bytes end where the file ends: the last row is then complete
 * @param keys of the first object in a JSON file, when the bytes do not contain it
 */
export function readPart(
  bytes: Uint8Array,
  delimiter: string | undefined,
  reader: BarReaderOptions,
  isEnd: boolean,
  keys?: readonly string[],
): SamplePart {
  const bars: Bar[] = [];
  const timeFailures: (string | undefined)[] = [];
  const sink: RowSink = {
    bar: (_, bar) => {
      bars.push(bar);
      timeFailures.push(undefined);
    },
    refuse: (_, reason, detail) => {
      if (reason === 'unreadable-time') timeFailures.push(detail);
    },
  };
  const rows = splitterOf(delimiter, new BarReader(reader, sink), keys);
  rows.push(bytes);
  if (isEnd) rows.end();
  return { bars, timeFailures };
}
