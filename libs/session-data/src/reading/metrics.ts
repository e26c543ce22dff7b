/** Reads a symbol's metrics and gaps on the session's retained days, without its history. */
import { addDayCounts, barQuality, bitmapBytes, DayChunk, type DayGrid, noCounts } from '@barkeep/bars';
import { asksToSettle, gapsOf, type GapStatus, type SlotCounts, type SlotGap, summarizeGaps } from '@barkeep/bars';
import { UnknownDateError } from '../errors.js';
import { dayMember, isOutsideReason, type SessionLayout, type View } from '../layout/index.js';
import { readOutsideRows, readRefusals } from './refusals.js';
import { visibleWatermark } from './clocked-reads.js';
import type { Listing } from './listing.js';

/** The metrics of one symbol. The counts are of the retained days after the history, or of one requested day. */
export interface SlotMetrics extends SlotCounts {
  symbol: string;
  /** Percent, 0 to 100. */
  barQuality: number;
  gapCount: number;
  /** Slots in the largest gap. */
  largestGap: number;
  /** Epoch ms. */
  watermark: number;
  /** The requested trading day, or else that of the newest visible slot; null before the first slot. */
  date: string | null;
  /** Highest price, lowest price and volume of the trading day `date`, up to the clock. The prices are null without a bar. */
  sessionHigh: number | null;
  sessionLow: number | null;
  sessionVolume: number;
  /** The same figures of all retained days after the history. */
  runHigh: number | null;
  runLow: number | null;
  runVolume: number;
  /** Number of refused bars in the whole run by reason, without those that have no slot. */
  refused: Record<string, number>;
  /** Numbers of rows without a slot: outside of the calendar's extended hours, and in them. */
  outside: number;
  extended: number;
  /** Open time of the first row without a slot, for each of the first dates that have any, epoch ms. */
  outsideExamples: number[];
}

/** One run of missing bars. */
export interface SymbolGap {
  /** Open time of the first missing bar and close time of the last, epoch ms, end exclusive. */
  start: number;
  end: number;
  bars: number;
  status: GapStatus;
  /** How many times the repositories have answered without these bars. */
  attempts: number;
  /** The last error of a repository for the day; null when there is none, or when the view does not show it yet. */
  lastError: string | null;
}

/** Most times in {@link SlotMetrics.outsideExamples}. */
const EXAMPLES_MAX = 5;

/** What is read of one symbol. */
interface SymbolDays {
  /** Epoch ms, as the other times. */
  clock: number;
  /** Frontier and watermark of the symbol's partition. */
  frontier: number;
  watermark: number;
  /** One entry for each retained day after the history. `bytes`: the chunk or its bitmap; undefined when there is none. */
  days: { day: number; bytes: Buffer | undefined; states: Buffer | undefined }[];
}

/** Reads the states and the chunks (or only their bitmaps) of one symbol's days. */
async function readSymbol({ layout, reads }: Listing, symbol: string, part: 'chunks' | 'bitmaps'): Promise<SymbolDays> {
  const keys = layout.keysOf(layout.partitionOf(symbol)!);
  const daysAfterHistory = [...layout.days.keys()].slice(layout.historyDays);
  const dayReads = daysAfterHistory.flatMap((day) => {
    const { date, slotCount } = layout.grid(day);
    const key = keys.chunk(layout.base.name, symbol, date);
    const readChunk = part === 'chunks' ? ['getBuffer', key] : ['getrangeBuffer', key, 0, bitmapBytes(slotCount) - 1];
    return [readChunk, ['getBuffer', keys.states(symbol, date)]];
  });
  const [clock, replies] = await reads.read([['hmget', keys.meta, 'frontier', 'watermark'], ...dayReads]);
  const [metaFields, ...values] = replies as [unknown, ...(Buffer | null)[]];
  const [frontier = 0, watermark = 0] = (metaFields as (string | null)[]).map(Number);
  // Each day has two replies: its chunk or bitmap, then its states.
  const days = daysAfterHistory.map((day, i) => ({
    day,
    bytes: values[2 * i] ?? undefined,
    states: values[2 * i + 1] ?? undefined,
  }));
  return { clock, frontier, watermark, days: days.filter(({ day }) => day >= reads.firstKept) };
}

/** Reads the metrics of one symbol, of one day when `date` is given. @throws SessionLostError, UnknownDateError */
export async function readSlotMetrics(
  listing: Listing,
  symbol: string,
  view: View,
  date?: string,
): Promise<SlotMetrics> {
  const { redis, layout } = listing;
  const requestedDay = date === undefined ? undefined : dayAfterHistory(layout, date);
  const { clock, watermark, days } = await readSymbol(listing, symbol, 'chunks');
  const isRemoved = requestedDay !== undefined && !days.some(({ day }) => day === requestedDay);
  if (isRemoved) throw new UnknownDateError(layout.id, date!);
  const newestDay = days.findLast(({ day }) => layout.grid(day).closedBy(clock) > 0)?.day;
  const shownDay = requestedDay ?? newestDay;
  const counts = noCounts();
  const gaps: SlotGap[] = [];
  const dayRange: PriceRange = { high: null, low: null, volume: 0 };
  const runRange = { ...dayRange };
  const asks = asksToSettle(layout.spec.upkeep);
  for (const { day, bytes, states } of days) {
    const grid = layout.grid(day);
    const closed = grid.closedBy(clock);
    const chunk = new DayChunk(grid.slotCount, bytes);
    addBars(runRange, chunk, grid, closed);
    if (day === shownDay) addBars(dayRange, chunk, grid, closed);
    const isCounted = requestedDay === undefined || day === requestedDay;
    if (closed === 0 || !isCounted) continue;
    addDayCounts(counts, chunk.bitmap, states, closed);
    gaps.push(...gapsOf(chunk.bitmap, states, 0, closed, asks));
  }
  const isOperator = view === 'operator';
  const keys = layout.keysOf(layout.partitionOf(symbol)!);
  const refusals = await readRefusals(redis, [keys], isOperator ? Infinity : clock);
  const refused = refusals.filter(
    (refusal) => refusal.symbol === symbol && !isOutsideReason(refusal.reason) && refusal.count > 0,
  );
  const outsideRows = await readOutsideRows(listing, new Set([symbol]), { view, clock }, date);
  return {
    symbol,
    barQuality: barQuality(counts),
    ...counts,
    ...summarizeGaps(gaps),
    watermark: isOperator ? watermark : visibleWatermark(layout, watermark, clock),
    date: shownDay === undefined ? null : layout.day(shownDay).date,
    sessionHigh: dayRange.high,
    sessionLow: dayRange.low,
    sessionVolume: dayRange.volume,
    runHigh: runRange.high,
    runLow: runRange.low,
    runVolume: runRange.volume,
    refused: Object.fromEntries(refused.map(({ reason, count }) => [reason, count])),
    outside: outsideRows.outside,
    extended: outsideRows.extended,
    outsideExamples: outsideRows.days.slice(0, EXAMPLES_MAX).map(({ first }) => first),
  };
}

/** Highest price, lowest price (null without a bar) and volume of visible bars. */
interface PriceRange {
  high: number | null;
  low: number | null;
  volume: number;
}

/** Adds the bars in the first `closed` slots of a day to `range`. */
function addBars(range: PriceRange, chunk: DayChunk, grid: DayGrid, closed: number): void {
  for (const { high, low, volume } of chunk.bars(grid, 0, closed)) {
    range.high = Math.max(range.high ?? high, high);
    range.low = Math.min(range.low ?? low, low);
    // An overflow becomes the largest number, because JSON has no infinity (it would be `null`).
    range.volume = Math.min(range.volume + volume, Number.MAX_VALUE);
  }
}

/** The index of a day after the history. @throws UnknownDateError */
function dayAfterHistory(layout: SessionLayout, date: string): number {
  const day = layout.dayIndexOf(date);
  if (day === undefined || layout.isHistory(day)) throw new UnknownDateError(layout.id, date);
  return day;
}

/** The gaps of one symbol, oldest first. A strategy's view ends at the clock, an operator's at the frontier. @throws SessionLostError */
export async function readSymbolGaps(listing: Listing, symbol: string, view: View): Promise<SymbolGap[]> {
  const { redis, layout } = listing;
  const { clock, frontier, days } = await readSymbol(listing, symbol, 'bitmaps');
  const { errors } = layout.keysOf(layout.partitionOf(symbol)!);
  const lastErrors = await redis.hmget(errors, ...layout.days.map(({ date }) => dayMember(date, symbol)));
  const limit = view === 'operator' ? frontier : clock;
  const asks = asksToSettle(layout.spec.upkeep);
  return days.flatMap(({ day, bytes, states }) => {
    const grid = layout.grid(day);
    // A repository's error concerns the whole day. Before the day's close it could reveal something about slots after the clock.
    const isErrorShown = view === 'operator' || grid.close <= clock;
    const found = gapsOf(bytes ?? new Uint8Array(0), states, 0, grid.closedBy(limit), asks);
    return found.map(({ start, end, status, attempts }) => ({
      start: grid.openTime(start),
      end: grid.closeTime(end - 1),
      bars: end - start,
      status,
      attempts,
      lastError: (isErrorShown ? lastErrors[day] : null) ?? null,
    }));
  });
}
