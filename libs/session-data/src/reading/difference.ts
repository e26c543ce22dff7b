/** The first base bar in which two sessions differ, by time: among the symbols and days that both have, up to both clocks. Reads only. */
import { DayChunk, firstDifference, type StoredBar } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { inBatches } from '../batches.js';
import type { SessionLayout } from '../layout/index.js';
import type { OpenSession } from './open-session.js';
import { readBySymbol } from './digest.js';

/** The slot in which two sessions differ. */
export interface FirstDifference {
  symbol: string;
  date: string;
  /** Open time of the slot, epoch ms. */
  slotTime: number;
  /** The two bars; null where the session has none. */
  mine: StoredBar | null;
  other: StoredBar | null;
}

export interface SessionDifference {
  /** Null when all compared bars are equal. */
  first: FirstDifference | null;
  /** Number of symbols that both sessions have. */
  symbols: number;
  /** Number of days that were compared, including the day of the difference. */
  days: number;
}

/** One day of one of the two sessions. */
interface Side {
  layout: SessionLayout;
  /** Index of the day in this session. */
  day: number;
}

/** Chunks per session that are in memory at once. */
const CHUNKS_A_CALL = 32;
/** How often a comparison is repeated because symbols changed during it. Then its last result is the answer. */
const CHANGES_MAX = 5;

/** Compares again when symbols joined or left meanwhile. @throws SessionLostError, the reason of the signal */
export async function readDifference(
  redis: Redis,
  mine: OpenSession,
  other: OpenSession,
  signal: AbortSignal,
): Promise<SessionDifference> {
  for (let change = 0; ; change++) {
    const symbolsBefore = await symbolLists(mine, other);
    const difference = await compare(redis, mine, other, signal);
    const isUnchanged = (await symbolLists(mine, other)) === symbolsBefore;
    if (isUnchanged || change === CHANGES_MAX) return difference;
  }
}

/** A text that changes when a symbol joins or leaves one of the sessions. */
async function symbolLists(...sessions: OpenSession[]): Promise<string> {
  await Promise.all(sessions.map((session) => session.moment()));
  return sessions.map((session) => session.activeSymbols().join(',')).join(' ');
}

/** Compares day by day, and stops at the first day with a difference. Leaves out days that were removed meanwhile. */
async function compare(
  redis: Redis,
  mine: OpenSession,
  other: OpenSession,
  signal: AbortSignal,
): Promise<SessionDifference> {
  const [days, daysOfOther] = await Promise.all([closedDays(mine), closedDays(other)]);
  // Takes symbols and layouts once, together, and without a read between them: each read of a session may renew its list of symbols.
  const others = new Set(other.activeSymbols());
  const symbols = mine.activeSymbols().filter((symbol) => others.has(symbol));
  const [layout, layoutOfOther] = [mine.layout, other.layout];
  const compared = { symbols: symbols.length, days: 0 };
  for (const [date, day] of days) {
    const dayOfOther = daysOfOther.get(date);
    if (dayOfOther === undefined) continue;
    const differences: FirstDifference[] = [];
    const sides: [Side, Side] = [
      { layout, day },
      { layout: layoutOfOther, day: dayOfOther },
    ];
    for (const batch of inBatches(symbols, CHUNKS_A_CALL)) {
      signal.throwIfAborted();
      differences.push(...(await compareChunks(redis, sides, batch)));
    }
    // A removed day may have been read in part.
    const [now, nowOfOther] = await Promise.all([mine.moment(), other.moment()]);
    if (day < now.firstKept || dayOfOther < nowOfOther.firstKept) continue;
    compared.days++;
    const [first] = differences.sort((a, b) => a.slotTime - b.slotTime || (a.symbol < b.symbol ? -1 : 1));
    if (first) return { first, ...compared };
  }
  return { first: null, ...compared };
}

/** Indexes of the retained days that the session's clock has passed, without its history, by date. */
async function closedDays(session: OpenSession): Promise<Map<string, number>> {
  const { clock, firstKept } = await session.moment();
  const { layout } = session;
  const days = layout.days.flatMap(({ date }, day): [string, number][] =>
    day >= firstKept && !layout.isHistory(day) && layout.grid(day).close <= clock ? [[date, day]] : [],
  );
  return new Map(days);
}

/** The first difference on one day for each symbol that has any. */
async function compareChunks(
  redis: Redis,
  sides: readonly [Side, Side],
  symbols: readonly string[],
): Promise<FirstDifference[]> {
  const [mySide, otherSide] = sides;
  const { date } = mySide.layout.day(mySide.day);
  const readSide = ({ layout }: Side) =>
    readBySymbol({ redis, layout }, symbols, (keys, symbol) => [keys.chunk(layout.base.name, symbol, date)]);
  const [mine, others] = await Promise.all([readSide(mySide), readSide(otherSide)]);
  const isSameGrid = segmentsOf(mySide) === segmentsOf(otherSide);
  return symbols.flatMap((symbol) => {
    const [myChunk = null] = mine.get(symbol)!;
    const [otherChunk = null] = others.get(symbol)!;
    const isSameChunk = myChunk && otherChunk ? myChunk.equals(otherChunk) : myChunk === otherChunk;
    // Equal bytes mean equal bars only when the slots have equal times.
    if (isSameGrid && isSameChunk) return [];
    const found = firstDifference(barsOf(mySide, myChunk), barsOf(otherSide, otherChunk), isEqual);
    return found ? [{ symbol, date, slotTime: found.openTime, mine: found.a, other: found.b }] : [];
  });
}

/** The times in which the venue trades on the day, as a text to compare. */
function segmentsOf({ layout, day }: Side): string {
  return JSON.stringify(layout.day(day).segments);
}

/** All bars of a chunk, oldest first; none when there is no chunk. */
function barsOf({ layout, day }: Side, bytes: Buffer | null): StoredBar[] {
  const grid = layout.grid(day);
  return bytes ? [...new DayChunk(grid.slotCount, bytes).bars(grid, 0, grid.slotCount)] : [];
}

/** Whether all fields are equal, except for the number of the dataset: each session has its own order of datasets. */
function isEqual(a: StoredBar, b: StoredBar): boolean {
  return (Object.keys(a) as (keyof StoredBar)[]).every((field) => field === 'dataset' || a[field] === b[field]);
}
