/**
 * Computes the delivered hash of a consumer with five-minute steps, as docs/client.md describes it. The session streams
 * one dataset, is repaired from another, and derives 5m bars. A bucket here is the start of five minutes, epoch ms.
 */
import { createHash } from 'node:crypto';
import { FIVE_MINUTES_MS, fiveMinutes, type PlainBar, type PlainBars } from './plain-dataset.js';

/** The fields of a stored record after its prices. `dataset` is 0 for the streamed one, 1 for the one of the repair. */
interface RecordMeta {
  origin: number;
  dataset: number;
  sourceCount: number;
  expectedCount: number;
}

const STREAMED: RecordMeta = { origin: 1, dataset: 0, sourceCount: 1, expectedCount: 1 };
const BACKFILLED: RecordMeta = { origin: 2, dataset: 1, sourceCount: 1, expectedCount: 1 };
const DERIVED = { origin: 3, dataset: 0, expectedCount: 5 };

/** @param whole the bars of both datasets together @param streamed the bars of the streamed dataset @returns 64 hex digits */
export function plainDelivered(whole: PlainBars, streamed: PlainBars): string {
  const streamedTimes = new Map([...streamed].map(([symbol, bars]) => [symbol, new Set(bars.map(({ time }) => time))]));
  const symbols = [...whole].map(([symbol, bars]) => ({
    symbol,
    minutesOf: byBucket(bars),
    fiveOf: new Map(fiveMinutes(bars).map((bar) => [bar.time, bar])),
  }));
  const buckets = new Set(symbols.flatMap(({ fiveOf }) => [...fiveOf.keys()]));
  let hash: Buffer = Buffer.alloc(32);
  for (const bucket of [...buckets].sort((a, b) => a - b)) {
    const minutes = symbols.flatMap(({ symbol, minutesOf }) =>
      (minutesOf.get(bucket) ?? []).map((bar) => {
        const isStreamed = streamedTimes.get(symbol)!.has(bar.time);
        return entryOf(symbol, bar, isStreamed ? STREAMED : BACKFILLED);
      }),
    );
    const fives = symbols.flatMap(({ symbol, minutesOf, fiveOf }) => {
      const bar = fiveOf.get(bucket);
      return bar ? [entryOf(symbol, bar, { ...DERIVED, sourceCount: minutesOf.get(bucket)!.length })] : [];
    });
    const entries = [...minutes, ...fives].map(({ bytes }) => bytes);
    const names = [`1m\n`, ...minutes.map(({ name }) => name), `5m\n`, ...fives.map(({ name }) => name)].join('');
    const step = Buffer.concat([hash, float64s(bucket + FIVE_MINUTES_MS), ...entries, Buffer.from(names)]);
    hash = createHash('sha256').update(step).digest();
  }
  return hash.toString('hex');
}

function byBucket(bars: readonly PlainBar[]): Map<number, PlainBar[]> {
  const buckets = new Map<number, PlainBar[]>();
  for (const bar of bars) {
    const bucket = bar.time - (bar.time % FIVE_MINUTES_MS);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), bar]);
  }
  return buckets;
}

/** What a bar adds to the hash: the bytes of its time and its stored record, and its symbol's name. */
function entryOf(symbol: string, bar: PlainBar, meta: RecordMeta): { bytes: Buffer; name: string } {
  const { time, open, high, low, close, volume } = bar;
  const metaBytes = Buffer.alloc(8);
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
