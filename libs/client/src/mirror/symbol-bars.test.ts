import { DayChunk, parseSessionSpec, recordOffset } from '@barkeep/bars';
import { SessionLayout } from '@barkeep/session-data';
import { ROW_DOUBLES } from './columns.js';
import type { MirrorSeries } from './series.js';
import { SymbolBars } from './symbol-bars.js';

const SLOTS = 390;
const layout = new SessionLayout(
  's',
  'i',
  parseSessionSpec({
    symbols: ['A'],
    start: '2013-10-07',
    end: '2013-10-07',
    derivedIntervals: ['5m'],
    source: { type: 'dataset', dataset: 'd' },
  }),
  'p',
  0,
);

/** Records from slot `from` to the end of the day, with a bar of volume 100 in each of `slots`. */
function recordsOf(from: number, slots: readonly number[]): Uint8Array {
  const chunk = new DayChunk(SLOTS);
  const bar = { openTime: 0, open: 1, high: 2, low: 1, close: 2, volume: 100 };
  for (const slot of slots) chunk.writeBar(slot, bar, 'streamed', 0);
  return chunk.bytes.subarray(recordOffset(SLOTS, from));
}

test('an append replaces what a read that was cut off had appended, also in the derived bars', () => {
  const bars = new SymbolBars('A', 0, layout, 'client');
  const append = (fromSlot: number, toSlot: number, slots: readonly number[]) =>
    bars.append(layout, { day: 0, interval: layout.base, records: recordsOf(fromSlot, slots), fromSlot, toSlot });
  append(0, 7, [0, 5, 6]);
  append(7, 20, [7, 8, 12, 17]); // cut off
  append(7, 15, [8, 14]); // read again from slot 7 on
  const opens = (slots: readonly number[]) => slots.map((slot) => layout.grid(0).openTime(slot));
  /** One number of every row, by its offset in the row. */
  const column = ({ columns: { rows, first, count } }: MirrorSeries, offset: number) =>
    Array.from({ length: count }, (_, i) => rows.doubles[ROW_DOUBLES * (first + i) + offset]);
  const [openTime, volume] = [0, 5];
  const derived = bars.derived.get('5m')!;
  expect(column(bars.base, openTime)).toEqual(opens([0, 5, 6, 8, 14]));
  expect(column(derived, openTime)).toEqual(opens([0, 5, 10]));
  expect(column(derived, volume)).toEqual([100, 300, 100]); // of slot 0; of slots 5, 6 and 8; of slot 14
});
