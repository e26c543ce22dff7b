/**
 * Computes the delivered hash of a consumer with five-minute steps, as docs/client.md describes it. The session streams
 * one dataset, is repaired from another, and derives 5m bars. A bucket here is the start of five minutes, epoch ms.
 */
import { createHash } from 'node:crypto';
import { FIVE_MINUTES_MS, fiveMinutes, type PlainBar, type PlainBars } from './plain-dataset.js';

/** The fields of a stored record after its prices and volume. `dataset` is 0 for the streamed one, 1 for the repairing one. */
interface RecordMeta {
  origin: number;
  dataset: number;
  sourceCount: number;
  expectedCount: number;
}

const STREAMED: RecordMeta = { origin: 1, dataset: 0, sourceCount: 1, expectedCount: 1 };
const BACKFILLED: RecordMeta = { origin: 2, dataset: 1, sourceCount: 1, expectedCount: 1 };
const DERIVED = { origin: 3, dataset: 0, expectedCount: 5 };

/** What one step delivers. The entries are in the order of symbols, those of a symbol in the order of time. */
interface DeliveredStep {
  minutes: Entry[];
  fives: Entry[];
}

/** What one bar adds to the hash: the bytes of its time and its stored record, and its symbol's name. */
interface Entry {
  bytes: Buffer;
  name: string;
}

/** @param whole the bars of both datasets together, by symbol in byte order; every bucket of five minutes has one @param streamed the bars of the streamed dataset @returns 64 hex digits */
export function plainDelivered(whole: PlainBars, streamed: PlainBars): string {
  const steps = stepsByBucket(whole, streamed);
  let hash: Buffer = Buffer.alloc(32);
  for (const bucket of [...steps.keys()].sort((a, b) => a - b)) {
    hash = hashAfter(hash, bucket + FIVE_MINUTES_MS, steps.get(bucket)!);
  }
  return hash.toString('hex');
}

function stepsByBucket(whole: PlainBars, streamed: PlainBars): Map<number, DeliveredStep> {
  const steps = new Map<number, DeliveredStep>();
  for (const [symbol, bars] of whole) {
    const streamedTimes = new Set(streamed.get(symbol)!.map(({ time }) => time));
    const metaOf = ({ time }: PlainBar): RecordMeta => (streamedTimes.has(time) ? STREAMED : BACKFILLED);
    for (const [bucket, minutes] of byBucket(bars)) {
      const step = steps.get(bucket) ?? { minutes: [], fives: [] };
      steps.set(bucket, step);
      step.minutes.push(...minutes.map((bar) => entryOf(symbol, bar, metaOf(bar))));
      const [five] = fiveMinutes(minutes);
      step.fives.push(entryOf(symbol, five!, { ...DERIVED, sourceCount: minutes.length }));
    }
  }
  return steps;
}

function byBucket(bars: readonly PlainBar[]): Map<number, PlainBar[]> {
  const buckets = new Map<number, PlainBar[]>();
  for (const bar of bars) {
    const bucket = bar.time - (bar.time % FIVE_MINUTES_MS);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), bar]);
  }
  return buckets;
}

/** The hash after a step. @param hash that before the step @param time of the step, epoch ms */
function hashAfter(hash: Buffer, time: number, { minutes, fives }: DeliveredStep): Buffer {
  const entries = [...minutes, ...fives].map(({ bytes }) => bytes);
  const names = ['1m\n', ...minutes.map(({ name }) => name), '5m\n', ...fives.map(({ name }) => name)].join('');
  const step = Buffer.concat([hash, float64s(time), ...entries, Buffer.from(names)]);
  return createHash('sha256').update(step).digest();
}

function entryOf(symbol: string, bar: PlainBar, meta: RecordMeta): Entry {
  const { time, open, high, low, close, volume } = bar;
  const metaBytes = Buffer.alloc(8); // byte 1 stays 0
  metaBytes.writeUInt8(meta.origin, 0);
  metaBytes.writeUInt16LE(meta.dataset, 2);
  metaBytes.writeUInt16LE(meta.sourceCount, 4);
  metaBytes.writeUInt16LE(meta.expectedCount, 6);
  const bytes = Buffer.concat([float64s(time, open, high, low, close, volume), metaBytes]);
  return { bytes, name: `${symbol}\0` };
}

function float64s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i));
  return bytes;
}
