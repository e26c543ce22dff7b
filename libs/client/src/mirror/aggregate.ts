/** Derives one bar from base bars in this process, with the function that upkeep workers use for stored bars. Pure. */
import { aggregateInto, DayChunk, ORIGIN_CODES } from '@barkeep/bars';
import type { MirrorBar } from './bar-objects.js';
import { type BarColumns, ROW_DOUBLES } from './columns.js';

const STREAMED = ORIGIN_CODES.streamed;

/** What does not come from the base bars. `expectedCount` is the number of base slots of the whole bucket. */
type DerivedFrame = Pick<MirrorBar, 'openTime' | 'closeTime' | 'expectedCount'>;

/** Aggregates rows `[from, to)`; undefined without rows. */
export function aggregateRows(rows: BarColumns, from: number, to: number, frame: DerivedFrame): MirrorBar | undefined {
  if (to <= from) return undefined;
  const source = new DayChunk(to - from); // not a day: it has one slot for each row
  const { doubles } = rows.rows;
  for (let row = from; row < to; row++) {
    const at = row * ROW_DOUBLES; // the open time; the five values follow
    const [open, high, low] = [doubles[at + 1]!, doubles[at + 2]!, doubles[at + 3]!];
    const close = doubles[at + 4]!;
    const volume = doubles[at + 5]!;
    // Aggregation ignores the last four values: origin, dataset and two counts.
    source.write(row - from, open, high, low, close, volume, STREAMED, 0, 1, 1);
  }
  return aggregateChunk(source, frame);
}

/** Aggregates base bars, which are in time order; undefined without bars. */
export function aggregateBars(bars: readonly MirrorBar[], frame: DerivedFrame): MirrorBar | undefined {
  if (bars.length === 0) return undefined;
  const source = new DayChunk(bars.length); // one slot for each bar
  bars.forEach((bar, slot) => source.writeBar(slot, bar, 'streamed', 0));
  return aggregateChunk(source, frame);
}

/** @param source a chunk without empty slots */
function aggregateChunk(source: DayChunk, frame: DerivedFrame): MirrorBar {
  const { slotCount: sourceCount } = source;
  const into = new DayChunk(1);
  aggregateInto(into, source, Int32Array.of(0, sourceCount), 1); // one bucket of all slots
  const [open, high, low, close, volume] = into.doubles.subarray(into.firstDouble, into.firstDouble + 5);
  const complete = sourceCount === frame.expectedCount;
  const values = { open: open!, high: high!, low: low!, close: close!, volume: volume! };
  return { ...frame, ...values, origin: 'derived', dataset: 0, sourceCount, complete };
}
