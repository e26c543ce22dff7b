import { DayChunk, recordOffset } from '@barkeep/bars';
import { layoutOf } from '../../../../test/support/sessions/session-layout.js';
import { barOfRow } from './columns.js';
import type { MirrorSeries } from './series.js';
import { SymbolBars } from './symbol-bars.js';

const SLOTS = 390;
const layout = layoutOf({ start: '2013-10-07', end: '2013-10-07', derivedIntervals: ['5m'] });

/** The records of a read: from slot `from` to the end of the day, with a bar of volume 100 in each of `slots`. */
function recordsOf(from: number, slots: readonly number[]): Uint8Array {
  const chunk = new DayChunk(SLOTS);
  const bar = { openTime: 0, open: 1, high: 2, low: 1, close: 2, volume: 100 };
  for (const slot of slots) chunk.writeBar(slot, bar, 'streamed', 0);
  return chunk.bytes.subarray(recordOffset(SLOTS, from));
}

/** The open slot and the volume of each bar, as `SLOT: VOLUME`. */
function barsOf({ columns: { rows, first, count } }: MirrorSeries): string[] {
  return Array.from({ length: count }, (_, i) => {
    const { openTime, volume } = barOfRow(rows, first + i, 0); // the close time does not matter
    return `${layout.grid(0).slotAt(openTime)}: ${volume}`;
  });
}

test('when a read is repeated, its bars replace those of the first try, also in derived bars', () => {
  const partition = 0;
  const bars = new SymbolBars('A', partition, layout, 'client'); // `client`: this process makes the derived bars
  /** Appends the result of reading slots `[fromSlot, toSlot)`, of which only `slots` have bars. */
  const append = (fromSlot: number, toSlot: number, slots: readonly number[]) =>
    bars.append(layout, { day: 0, interval: layout.base, records: recordsOf(fromSlot, slots), fromSlot, toSlot });
  append(0, 7, [0, 5, 6]);
  append(7, 20, [7, 8, 12, 17]); // the first try of a read, which fails after this append
  append(7, 15, [8, 14]); // the second try, from slot 7 to an earlier clock
  expect(barsOf(bars.base)).toEqual(['0: 100', '5: 100', '6: 100', '8: 100', '14: 100']);
  // Bars of 5m are made of slot 0; of slots 5, 6 and 8; and of slot 14.
  expect(barsOf(bars.series('5m')!)).toEqual(['0: 100', '5: 300', '10: 100']);
});
