import { DayChunk, parseSessionSpec, recordOffset } from '@barkeep/bars';
import { SessionLayout } from '@barkeep/session-data';
import { ROW_DOUBLES } from './columns.js';
import type { MirrorSeries } from './series.js';
import { SymbolBars } from './symbol-bars.js';

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

/** Records of slots `[from, 390)`, with bars in `slots`. */
function recordsOf(from: number, slots: readonly number[]): Uint8Array {
  const chunk = new DayChunk(390);
  for (const slot of slots) chunk.write(slot, 1, 2, 1, 2, 100, 1, 0, 1, 1);
  return chunk.bytes.subarray(recordOffset(390, from));
}

test('replaces what a read that was cut off had appended, also in the derived bars', () => {
  const bars = new SymbolBars('A', 0, layout, 'client');
  const append = (fromSlot: number, toSlot: number, slots: readonly number[]) =>
    bars.append(layout, { day: 0, interval: layout.base, records: recordsOf(fromSlot, slots), fromSlot, toSlot });
  append(0, 7, [0, 5, 6]);
  append(7, 20, [7, 8, 12, 17]);
  append(7, 15, [8, 14]);
  const opens = (slots: readonly number[]) => slots.map((slot) => layout.grid(0).openTime(slot));
  /** One number of every row: 0 is the open time, 5 the volume. */
  const column = ({ columns: { rows, first, count } }: MirrorSeries, at: number) =>
    Array.from({ length: count }, (_, i) => rows.doubles[ROW_DOUBLES * (first + i) + at]);
  const derived = bars.derived.get('5m')!;
  expect(column(bars.base, 0)).toEqual(opens([0, 5, 6, 8, 14]));
  expect(column(derived, 0)).toEqual(opens([0, 5, 10]));
  expect(column(derived, 5)).toEqual([100, 300, 100]);
});
