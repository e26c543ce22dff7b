/** Judges a file by its sample: refuses it when it was surely misread, and warns when it may have been. */
import { MINUTE_MS } from '@barkeep/bars';
import { FilePlanError, timeText } from '../reading/index.js';
import { closesAsOpens } from './closes.js';
import {
  groupedVolumes,
  mixedRows,
  otherSymbol,
  otherTimes,
  pricesAsVolumes,
  scaledPrices,
} from './doubtful-columns.js';
import { doubtfulDates, futureTimes, lostHalfDays } from './doubtful-dates.js';
import type { SampleBars } from './sample-bars.js';
import { fewRows, oneMidnight, refuseOtherSpacing } from './spacing.js';
import { doubtfulZone } from './zones.js';

/** Fewest rows from which a share means something. */
const ROWS_MIN = 10;
/** The share of times off the whole minute from which a file is one of ticks or seconds. */
const OFF_GRID_SHARE_MIN = 0.25;
/** Number of bytes at the end of a file whose lines are compared with the last one. */
const LAST_LINES_BYTES = 4096;

/**
 * The checks, in the order in which their warnings are shown. Each returns its warnings, or undefined for none. `doubtfulDates` throws
 * FilePlanError when it is sure. The first check warns about the choice among several volume columns.
 */
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
  refuseOtherSpacing(sample);
  refuseTicks(sample);
  const { start, options } = sample; // `start` has the first and the last bytes of the file, and the choice of its volume column
  const notes = [
    start.volume?.note ?? [],
    options.hasVolume ? [] : 'no volume: 0 is stored',
    sample.isUtcAssumed ? 'times have no zone and are read as UTC: --tz names another one' : [],
  ].flat();
  return { notes, warnings: CHECKS.flatMap((check) => check(sample) ?? []) };
}

/** Refuses a file of ticks or seconds: a quarter of its times or more, but not all, are off the whole minute. */
function refuseTicks({ times }: SampleBars): void {
  const offGrid = times.filter((time) => time % MINUTE_MS !== 0);
  const share = offGrid.length / times.length;
  // Times that are all off the minute are refused row by row, with a hint: they may be closes such as 09:30:59.
  if (times.length < ROWS_MIN || share < OFF_GRID_SHARE_MIN || share === 1) return;
  const example = timeText(offGrid[0]!);
  throw new FilePlanError('off-grid', `expected whole minutes, was ${example} among others: are they ticks?`);
}

/** Warns when the last row has no line end and is the shortest: the file may have been cut inside of a number. `tail`: its last bytes. */
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
