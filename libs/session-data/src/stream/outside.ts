/** The numbers of rows without a slot, by symbol and local date, and a mark: the first date that is not counted. */
import type { Redis } from 'ioredis';
import { atLeastOneBatch } from '../batches.js';
import { dayMember, type SessionLayout } from '../layout/index.js';
import { runCommands, SCRIPTS } from '../redis/index.js';
import type { SessionWriter } from './writer.js';

/** The field with the mark: the stamp of the partition, and the first date that is not counted. */
const MARK = 'counted';
/** Most counts per script call. */
const DAYS_A_CALL = 2_000;

/** Counts of the rows of one symbol on one local date. Only dates with rows without a slot are stored. */
export interface OutsideDay {
  symbol: string;
  /** Local date of the venue. */
  date: string;
  /** Number of all rows of the date, with those in slots. */
  rows: number;
  /** Number of rows without a slot, except those in `extended`. */
  outside: number;
  /** Number of rows in the calendar's extended hours, in a session of regular hours. */
  extended: number;
  /** Open time of the first row without a slot, epoch ms. */
  first: number;
  /** End of the date, epoch ms. A strategy must not see these counts before the clock has reached it. */
  until: number;
}

/** For each partition the first date that is not counted; undefined when none is counted for its current symbols. */
export async function outsideTo(redis: Redis, layout: SessionLayout): Promise<(string | undefined)[]> {
  const reads = layout.keys.map(({ outside }) => ['hget', outside, MARK]);
  const marks = await runCommands(redis, reads);
  return (marks as (string | null)[]).map((mark, partition) => {
    const [stamp, date] = mark?.split(' ') ?? [];
    return stamp === layout.stampOf(partition) ? date : undefined;
  });
}

/**
 * Stores counts of one partition. @param to the first date that is not counted @param isFirst true when none was counted for the current
 * symbols: first removes the stored counts, which are of older symbols @throws FencedError, SessionLostError
 */
export async function noteOutside(
  writer: SessionWriter,
  { partition, to, isFirst, days }: { partition: number; to: string; isFirst: boolean; days: readonly OutsideDay[] },
): Promise<void> {
  const { layout } = writer;
  const { meta, outside: outsideKey } = layout.keysOf(partition);
  // Runs once even without days, to store the mark.
  const batches = atLeastOneBatch(days, DAYS_A_CALL);
  for (const batch of batches) {
    // The mark is empty until the last batch, so that an interrupted call counts as not done and is repeated.
    const mark = batch === batches.at(-1) ? `${layout.stampOf(partition)} ${to}` : '';
    const fields = batch.flatMap(({ date, symbol, rows, outside, extended, first, until }) => [
      dayMember(date, symbol),
      [rows, outside, extended, first, until].join(' '),
    ]);
    const mustClear = isFirst && batch === batches[0] ? '1' : '';
    const args = [mustClear, ...fields, MARK, mark];
    await writer.run(SCRIPTS.noteCounts, partition, [meta, outsideKey], args, 'noted');
  }
}

/** All counts of the session's current symbols, sorted by date and symbol. */
export async function readOutside(redis: Redis, layout: SessionLayout): Promise<OutsideDay[]> {
  const reads = layout.keys.map(({ outside }) => ['hgetall', outside]);
  const hashes = (await runCommands(redis, reads)) as Record<string, string>[];
  // The mark has no symbol, and counts of symbols that left are ignored.
  const days = hashes.flatMap((hash, partition) =>
    Object.entries(hash).flatMap(([field, text]) => {
      const [date, symbol = ''] = field.split(' ');
      return layout.partitionOf(symbol) === partition ? [dayOf(date!, symbol, text)] : [];
    }),
  );
  return days.sort((a, b) => {
    if (a.date !== b.date) return a.date < b.date ? -1 : 1;
    return a.symbol < b.symbol ? -1 : 1;
  });
}

function dayOf(date: string, symbol: string, text: string): OutsideDay {
  const [rows = 0, outside = 0, extended = 0, first = 0, until = 0] = text.split(' ').map(Number);
  return { symbol, date, rows, outside, extended, first, until };
}
