/** Reads a symbol's metrics and gaps, in the retained days of the session's own. Reads only. */
import {
  addDayCounts,
  asksToSettle,
  barQuality,
  bitmapBytes,
  DayChunk,
  gapsOf,
  noCounts,
  summarizeGaps,
  type DayGrid,
  type GapStatus,
  type SlotCounts,
  type SlotGap,
} from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { dayMember, type SessionLayout, UnknownDateError, type View } from '../layout/index.js';
import { readOutsideRows, refusedIn, refusedReasons } from './refusals.js';
import { readAfterClock, visibleWatermark } from './clocked-reads.js';

export interface SlotMetrics extends SlotCounts {
  symbol: string;
  /** Percent, 0 to 100. */
  barQuality: number;
  gapCount: number;
  /** Slots in the largest gap. */
  largestGap: number;
  /** Epoch ms. */
  watermark: number;
  /** The trading day that the clock is in (that of the newest visible slot), or the one that was requested; null before the first slot. */
  date: string | null;
  /** Of the visible bars of that day; null when there is none. */
  sessionHigh: number | null;
  sessionLow: number | null;
  sessionVolume: number;
  /** Of all visible bars; null when there is none. */
  runHigh: number | null;
  runLow: number | null;
  runVolume: number;
  /** Refused bars of the run by reason, without those that have no slot. */
  refused: Record<string, number>;
  /** Rows without a slot, and those of them that are in extended hours of the calendar, which are not in `outside`. */
  outside: number;
  extended: number;
  /** Open times of the first rows without a slot, one of each date, epoch ms. */
  outsideExamples: number[];
}

export interface SymbolGap {
  /** Open time of the first missing bar and close time of the last, epoch ms, end exclusive. */
  start: number;
  end: number;
  bars: number;
  status: GapStatus;
  attempts: number;
  lastError: string | null;
}

/** Most examples of rows without a slot. */
const EXAMPLES_MAX = 5;

interface SymbolDays {
  clock: number;
  frontier: number;
  watermark: number;
  /** One entry for each retained day of the session's own. */
  days: { day: number; bytes: Buffer | null; states: Buffer | null }[];
}

/** Chunks (or their bitmaps alone) and states of one symbol's days, fetched after the clock. */
async function readSymbol(redis: Redis, layout: SessionLayout, symbol: string, whole: boolean): Promise<SymbolDays> {
  const keys = layout.keysOf(layout.partitionOf(symbol)!);
  const ownDays = [...layout.days.keys()].slice(layout.historyDays);
  const reads = ownDays.flatMap((day) => {
    const { date, slotCount } = layout.grid(day);
    const key = keys.chunk(layout.base.name, symbol, date);
    const chunk = whole ? ['getBuffer', key] : ['getrangeBuffer', key, 0, bitmapBytes(slotCount) - 1];
    return [chunk, ['getBuffer', keys.states(symbol, date)]];
  });
  const all = [['hmget', keys.meta, 'frontier', 'watermark'], ...reads];
  const { clock, firstKept, replies } = await readAfterClock(redis, layout, all);
  const [partition, ...values] = replies as [(string | null)[], ...(Buffer | null)[]];
  const [frontier = 0, watermark = 0] = partition.map(Number);
  const days = ownDays.map((day, i) => ({ day, bytes: values[2 * i]!, states: values[2 * i + 1]! }));
  return { clock, frontier, watermark, days: days.filter(({ day }) => day >= firstKept) };
}

/**
 * @param date a trading day of the session's own: counts, gaps and rows without a slot are of this day
 * @throws SessionLostError, UnknownDateError
 */
export async function readSlotMetrics(
  redis: Redis,
  layout: SessionLayout,
  symbol: string,
  view: View,
  date?: string,
): Promise<SlotMetrics> {
  const only = date === undefined ? undefined : ownDay(layout, date);
  const { clock, watermark, days } = await readSymbol(redis, layout, symbol, true);
  const current = only ?? days.findLast(({ day }) => layout.grid(day).closedBy(clock) > 0)?.day;
  const counts = noCounts();
  const gaps: SlotGap[] = [];
  const ofDay: PriceRange = { high: null, low: null, volume: 0 };
  const ofRun = { ...ofDay };
  for (const { day, bytes, states } of days) {
    const grid = layout.grid(day);
    const closed = grid.closedBy(clock);
    const chunk = new DayChunk(grid.slotCount, bytes ?? undefined);
    widen(ofRun, chunk, grid, closed);
    if (day === current) widen(ofDay, chunk, grid, closed);
    if (closed === 0 || (only !== undefined && day !== only)) continue;
    addDayCounts(counts, chunk.bitmap, states ?? undefined, closed);
    gaps.push(...gapsOf(chunk.bitmap, states ?? undefined, 0, closed, asksToSettle(layout.spec.upkeep)));
  }
  const keys = layout.keysOf(layout.partitionOf(symbol)!);
  const refused = await refusedIn(redis, keys, view === 'operator' ? Infinity : clock);
  const rows = await readOutsideRows(redis, layout, new Set([symbol]), { view, clock }, date);
  return {
    symbol,
    barQuality: barQuality(counts),
    ...counts,
    ...summarizeGaps(gaps),
    watermark: view === 'operator' ? watermark : visibleWatermark(layout, watermark, clock),
    date: current === undefined ? null : layout.day(current).date,
    sessionHigh: ofDay.high,
    sessionLow: ofDay.low,
    sessionVolume: ofDay.volume,
    runHigh: ofRun.high,
    runLow: ofRun.low,
    runVolume: ofRun.volume,
    refused: refusedReasons(refused, symbol),
    outside: rows.outside,
    extended: rows.extended,
    outsideExamples: rows.days.slice(0, EXAMPLES_MAX).map(({ first }) => first),
  };
}

/** The number of a day of the session's own. @throws UnknownDateError */
function ownDay(layout: SessionLayout, date: string): number {
  const day = layout.dayIndexOf(date);
  if (day === undefined || layout.isHistory(day)) throw new UnknownDateError(layout.id, date);
  return day;
}

/** @throws SessionLostError */
export async function readSymbolGaps(
  redis: Redis,
  layout: SessionLayout,
  symbol: string,
  view: View,
): Promise<SymbolGap[]> {
  const { clock, frontier, days } = await readSymbol(redis, layout, symbol, false);
  const { errors } = layout.keysOf(layout.partitionOf(symbol)!);
  const lastErrors = await redis.hmget(errors, ...layout.days.map(({ date }) => dayMember(date, symbol)));
  return days.flatMap(({ day, bytes, states }) => {
    const grid = layout.grid(day);
    const limit = view === 'operator' ? frontier : clock;
    // An error of a repository is of the whole day: before the day's end it may be about slots after the clock.
    const isErrorShown = view === 'operator' || grid.close <= clock;
    const found = gapsOf(
      bytes ?? new Uint8Array(0),
      states ?? undefined,
      0,
      grid.closedBy(limit),
      asksToSettle(layout.spec.upkeep),
    );
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

/** Highest price, lowest price (null without a bar) and volume of visible bars. */
interface PriceRange {
  high: number | null;
  low: number | null;
  volume: number;
}

/** Adds the first `closed` slots of a day. */
function widen(range: PriceRange, chunk: DayChunk, grid: DayGrid, closed: number): void {
  for (const { high, low, volume } of chunk.bars(grid, 0, closed)) {
    range.high = Math.max(range.high ?? high, high);
    range.low = Math.min(range.low ?? low, low);
    // A sum beyond the largest number is the largest number: infinity would be `null` in JSON.
    range.volume = Math.min(range.volume + volume, Number.MAX_VALUE);
  }
}
