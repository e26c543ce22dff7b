/**
 * Computes the delivered hash of a consumer with five-minute steps as docs/client.md describes it, for a session that
 * streams one dataset, is repaired from another, and derives 5m bars.
 */
import { createHash } from 'node:crypto';
import { FIVE_MINUTES_MS, fiveMinutes, type PlainBar, type PlainBars } from './plain-dataset.js';

const ORIGIN = { streamed: 1, backfilled: 2, derived: 3 };

/** @param whole the bars of both datasets together @param streamed those of the first one */
export function plainDelivered(whole: PlainBars, streamed: PlainBars): string {
  const streamedTimes = new Map([...streamed].map(([symbol, bars]) => [symbol, new Set(bars.map(({ time }) => time))]));
  const symbols = [...whole].map(([symbol, bars]) => ({
    symbol,
    minutes: byWindow(bars),
    fives: new Map(fiveMinutes(bars).map((bar) => [bar.time, bar])),
  }));
  const windows = new Set(symbols.flatMap(({ fives }) => [...fives.keys()]));
  let hash: Buffer = Buffer.alloc(32);
  for (const window of [...windows].sort((a, b) => a - b)) {
    const minutes = symbols.flatMap(({ symbol, minutes: all }) =>
      (all.get(window) ?? []).map((bar) => {
        const isStreamed = streamedTimes.get(symbol)!.has(bar.time);
        return entryOf(symbol, bar, isStreamed ? ORIGIN.streamed : ORIGIN.backfilled, isStreamed ? 0 : 1, 1, 1);
      }),
    );
    const fives = symbols.flatMap(({ symbol, minutes: all, fives: made }) => {
      const bar = made.get(window);
      return bar ? [entryOf(symbol, bar, ORIGIN.derived, 0, all.get(window)!.length, 5)] : [];
    });
    const entries = [...minutes, ...fives].map(({ bytes }) => bytes);
    const names = [`1m\n`, ...minutes.map(({ name }) => name), `5m\n`, ...fives.map(({ name }) => name)].join('');
    const step = Buffer.concat([hash, float64s(window + FIVE_MINUTES_MS), ...entries, Buffer.from(names)]);
    hash = createHash('sha256').update(step).digest();
  }
  return hash.toString('hex');
}

function byWindow(bars: readonly PlainBar[]): Map<number, PlainBar[]> {
  const windows = new Map<number, PlainBar[]>();
  for (const bar of bars) {
    const window = bar.time - (bar.time % FIVE_MINUTES_MS);
    windows.set(window, [...(windows.get(window) ?? []), bar]);
  }
  return windows;
}

/** The bytes of a bar in the hash: its time and its stored record, and the bytes of its symbol's name. */
function entryOf(
  symbol: string,
  { time, open, high, low, close, volume }: PlainBar,
  origin: number,
  ...[dataset, sourceCount, expectedCount]: [number, number, number]
): { bytes: Buffer; name: string } {
  const meta = Buffer.alloc(8);
  meta.writeUInt8(origin, 0);
  [dataset, sourceCount, expectedCount].forEach((value, i) => meta.writeUInt16LE(value, 2 + 2 * i));
  const bytes = Buffer.concat([float64s(time, open, high, low, close, volume), meta]);
  return { bytes, name: `${symbol}\0` };
}

function float64s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i));
  return bytes;
}
