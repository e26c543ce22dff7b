/** Packs one window of one partition into the arguments of a flush script, and runs the script. */
import { chunkBytes, RECORD_BYTES, recordOffset, type DayChunk } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import type { PartitionKeys, SessionLayout, Window } from '../layout/index.js';
import { SCRIPTS, runTransaction, type ScriptArgument } from '../redis/index.js';

/** The bars of one partition in one window. */
export interface PartitionWindow {
  partition: number;
  /** By symbol, a chunk of the whole day: the flush writes only the slots in the window. Contains only symbols with bars. */
  chunks: ReadonlyMap<string, DayChunk>;
  /** Number of bars in the window. */
  bars: number;
  /** Refused bars of the window: `symbol reason` to their number. */
  refused: ReadonlyMap<string, number>;
}

/** Writes the bars of one window, and moves the partition's frontier. @param fence stamp, epoch and owner @returns the script's answer */
export async function flushWindow(
  redis: Redis,
  layout: SessionLayout,
  fence: readonly ScriptArgument[],
  window: Window,
  part: PartitionWindow,
): Promise<unknown> {
  const { dayIndex, fromSlot, toSlot, prev: frontierBefore, to: frontierAfter } = window;
  const { date, slotCount } = layout.grid(dayIndex);
  // The session's counts do not include the history, which is counted separately.
  const counted = layout.isHistory(dayIndex) ? 0 : part.bars;
  // The arguments of shared/window.lua, which both scripts include.
  const args: ScriptArgument[] = [...fence, frontierBefore, frontierAfter];
  args.push(chunkBytes(slotCount), counted, part.refused.size);
  for (const [field, count] of part.refused) args.push(field, count);
  const keys = layout.keysOf(part.partition);
  const chunkNames = [...part.chunks.keys()].map((symbol) => keys.chunk(layout.base.name, symbol, date));
  const isWholeDay = fromSlot === 0 && toSlot === slotCount;
  if (isWholeDay && chunkNames.length > 0) return flushDays(redis, keys, chunkNames, args, part);
  // The further arguments of flush-slots.lua.
  args.push(fromSlot, toSlot - fromSlot, recordOffset(slotCount, fromSlot));
  args.push(...slotsOf([...part.chunks.values()], fromSlot, toSlot));
  return SCRIPTS.flushSlots.run(redis, [keys.meta, keys.refused, keys.refusedAhead, ...chunkNames], args);
}

/** In one transaction: writes the chunks under staged names, runs flush-days.lua, which renames them, and removes those not renamed. */
async function flushDays(
  redis: Redis,
  keys: PartitionKeys,
  chunkNames: readonly string[],
  args: readonly ScriptArgument[],
  { chunks }: PartitionWindow,
): Promise<unknown> {
  const stagedNames: string[] = [];
  const namesAndChunks: ScriptArgument[] = [];
  for (const [symbol, { bytes }] of chunks) {
    const stagedName = keys.staged(symbol);
    stagedNames.push(stagedName);
    namesAndChunks.push(stagedName, bytes);
  }
  const script = SCRIPTS.flushDays.command(
    [keys.meta, keys.refused, keys.refusedAhead, ...stagedNames, ...chunkNames],
    args,
  );
  const [, answer] = await runTransaction(redis, [['mset', ...namesAndChunks], script, ['unlink', ...stagedNames]]);
  return answer;
}

/** The slots `[from, to)` for flush-slots.lua: the bitmap bytes that contain them, chunk after chunk, and their records in the same order. */
function slotsOf(chunks: readonly DayChunk[], from: number, to: number): [bitmaps: Uint8Array, records: Uint8Array] {
  const fromByte = from >> 3;
  const bitmapLength = ((to + 7) >> 3) - fromByte;
  const recordsLength = (to - from) * RECORD_BYTES;
  const bitmaps = Buffer.allocUnsafe(chunks.length * bitmapLength);
  const records = Buffer.allocUnsafe(chunks.length * recordsLength);
  chunks.forEach(({ slotCount, bitmap, bytes }, i) => {
    const recordsAt = recordOffset(slotCount, from);
    records.set(bytes.subarray(recordsAt, recordsAt + recordsLength), i * recordsLength);
    const [firstAt, lastAt] = [i * bitmapLength, (i + 1) * bitmapLength - 1];
    for (let byte = 0; byte < bitmapLength; byte++) bitmaps[firstAt + byte] = bitmap[fromByte + byte]!;
    // The first and the last byte may have bits of slots before `from`, or from `to` on: clears these bits.
    bitmaps[firstAt]! &= 0xff >> (from & 7);
    if (to & 7) bitmaps[lastAt]! &= 0xff00 >> (to & 7);
  });
  return [bitmaps, records];
}
