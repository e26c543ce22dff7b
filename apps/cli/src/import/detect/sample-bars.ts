/** Reads the first and the last rows of a file as an import would, to show and to judge them. Pure. */
import type { Bar } from '@barkeep/bars';
import { BarReader, type BarReaderOptions, FilePlanError, type RowSink } from '../reading/index.js';
import type { RowHandler, Splitter } from '../rows/index.js';
import { isJson } from './sample.js';

/** Fewest rows at an end of a file by which its times are judged. */
const END_ROWS_MIN = 10;
/** The share of unreadable times from which the others are in doubt. */
const PARTLY_MIN = 0.25;

export interface SampleBar {
  symbol: string;
  bar: Bar;
}

export interface SampleBars {
  head: SampleBar[];
  tail: SampleBar[];
}

/** The bars of the first and the last bytes of a file. @throws FilePlanError for times that are read at one end only */
export function readSample(
  splitter: (handler: RowHandler) => Splitter,
  options: BarReaderOptions,
  { head, tail, isWhole }: { head: Uint8Array; tail: Uint8Array; isWhole: boolean },
): SampleBars {
  const read = (bytes: Uint8Array, headerLines: number, isEnd: boolean): { bars: SampleBar[]; times: ReadTime[] } => {
    const bars: SampleBar[] = [];
    const times: ReadTime[] = [];
    const sink: RowSink = {
      bar: (symbol, bar) => {
        bars.push({ symbol, bar });
        times.push(undefined);
      },
      refuse: (_, reason, detail) => void (reason === 'unreadable-time' && times.push(detail)),
    };
    const rows = splitter(new BarReader({ ...options, headerLines, gridMs: 1 }, sink));
    rows.push(bytes);
    if (isEnd) rows.end();
    return { bars, times };
  };
  const first = read(head, options.headerLines, isWhole);
  const last = isWhole ? undefined : read(tail.subarray(firstRowOf(tail, isJson(head))), 0, true);
  const quarter = Math.floor(first.times.length / 4);
  if (last === undefined)
    refuseHalfRead(first.times.slice(0, quarter), first.times.slice(first.times.length - quarter));
  else refuseHalfRead(first.times, last.times);
  refusePartlyRead([...first.times, ...(last?.times ?? [])]);
  return { head: first.bars, tail: last?.bars ?? [] };
}

/** Why the time of a sampled row could not be read; undefined when it could. */
type ReadTime = string | undefined;

/**
 * Refuses a file whose times are read at one end and not at the other: a day was taken for a month, and what was read is wrong.
 * @throws FilePlanError
 */
function refuseHalfRead(first: readonly ReadTime[], last: readonly ReadTime[]): void {
  const share = (times: readonly ReadTime[]): number =>
    times.filter((time) => time !== undefined).length / times.length;
  if (Math.min(first.length, last.length) < END_ROWS_MIN || Math.abs(share(first) - share(last)) < 0.8) return;
  const example = [...first, ...last].find((time) => time !== undefined) ?? '';
  throw new FilePlanError(
    'unreadable-time',
    `times are read at one end of the file and not at the other (${example}): is the day before the month?`,
  );
}

/** Refuses a file when many of its times are read and many are not: those that are read may be wrong. @throws FilePlanError */
function refusePartlyRead(times: readonly ReadTime[]): void {
  const unread = times.filter((time) => time !== undefined);
  const share = unread.length / times.length;
  if (times.length < END_ROWS_MIN || share < PARTLY_MIN || share === 1) return;
  throw new FilePlanError(
    'unreadable-time',
    `${unread.length} of ${times.length} times could not be read (${unread[0]}), so the others may be wrong too`,
  );
}

/** Where the first whole row of the last bytes begins. */
function firstRowOf(tail: Uint8Array, json: boolean): number {
  const [CLOSE_ARRAY, CLOSE_OBJECT, COMMA, LF, CR] = [93, 125, 44, 10, 13];
  const ends = (byte: number, index: number): boolean => {
    if (!json) return byte === LF || byte === CR;
    const before = tail[index - 1];
    return (byte === COMMA || byte === LF) && (before === CLOSE_ARRAY || before === CLOSE_OBJECT);
  };
  return tail.findIndex(ends) + 1;
}
