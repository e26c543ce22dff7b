/** I2 and I5 are invariants of docs/ARCHITECTURE.md. */
import { plainBuckets, plainDerivedBar } from '../../../test/support/data/plain-derived.js';
import { randomDay } from '../../../test/support/data/random-day.js';
import { seeded } from '../../../test/support/data/seeded.js';
import { aggregateCascade, planCascade, planDerived } from './aggregate.js';
import type { ShownBar } from './bar.js';
import { calendarNamed } from './calendar/index.js';
import { DayChunk, recordOffset } from './chunk.js';
import { chunkOfPart } from './chunk-part.js';
import { formingBar, formingBucket, fillForward } from './shown-bars.js';
import { parseInterval } from './interval.js';
import { DayGrid } from './slots.js';

/** A half day of 210 minutes. */
const grid = new DayGrid(calendarNamed('XNYS').tradingDay('2015-12-24')!, parseInterval('1m'));

/** A day with bars in the given slots; a bar's close is its slot's number. */
function dayWith(...slots: number[]): DayChunk {
  const chunk = new DayChunk(grid.slotCount);
  for (const slot of slots) {
    chunk.writeBar(slot, { openTime: 0, open: 500, high: 900, low: 0, close: slot, volume: 7 }, 'streamed', 1);
  }
  return chunk;
}
/** A range of slots to show. @param fillTo slots from this one on are not filled forward: they may still get a bar */
const range = (from: number, to: number, fillTo = to) => ({ grid, from, to, fillTo });
const closesOf = (bars: readonly ShownBar[]) => bars.map(({ close }) => close);

describe('fill=forward', () => {
  it('shows an empty slot with the last close, volume 0 and origin filled-forward', () => {
    const { bars, lastClose } = fillForward(dayWith(3, 5), range(3, 7), undefined);
    expect(bars.map(({ origin, close }) => [origin, close])).toEqual([
      ['streamed', 3],
      ['filled-forward', 3],
      ['streamed', 5],
      ['filled-forward', 5],
    ]);
    expect(bars[1]).toEqual({
      openTime: grid.openTime(4),
      closeTime: grid.closeTime(4),
      open: 3,
      high: 3,
      low: 3,
      close: 3,
      volume: 0,
      origin: 'filled-forward',
      dataset: 0,
      sourceCount: 0,
      expectedCount: 1,
      complete: false,
    });
    expect(lastClose).toBe(5);
  });

  it('shows nothing before the first bar unless an earlier day had one', () => {
    const closeOfEarlierDay = 42;
    expect(closesOf(fillForward(dayWith(3), range(0, 5), undefined).bars)).toEqual([3, 3]);
    expect(closesOf(fillForward(dayWith(3), range(0, 5), closeOfEarlierDay).bars)).toEqual([42, 42, 42, 3, 3]);
  });

  it('shows a day without bars when an earlier day had one', () => {
    expect(fillForward(undefined, range(0, 5), undefined)).toEqual({ bars: [], lastClose: undefined });
    const { bars, lastClose } = fillForward(undefined, range(0, 2), 42);
    expect([closesOf(bars), lastClose]).toEqual([[42, 42], 42]);
  });

  it('treats a close of 0 as a price', () => {
    expect(closesOf(fillForward(dayWith(0), range(0, 2), undefined).bars)).toEqual([0, 0]);
  });

  it('leaves out empty slots that may still get a bar, and shows the bars after them', () => {
    const fillTo = 3;
    const { bars } = fillForward(dayWith(1, 4), range(0, 6, fillTo), undefined);
    expect(closesOf(bars)).toEqual([1, 1, 4]); // of slots 1, 2 and 4
  });

  it('gives an empty bucket its number of base slots, also the short last bucket of a half day', () => {
    const hourly = planDerived(grid, parseInterval('1h'));
    const [chunk] = aggregateCascade(dayWith(10), planCascade([hourly]));
    const { slotCount } = hourly.grid;
    const wholeDay = { grid: hourly.grid, from: 0, to: slotCount, fillTo: slotCount, starts: hourly.starts };
    const { bars } = fillForward(chunk, wholeDay, undefined);
    expect(bars.map(({ sourceCount, expectedCount }) => [sourceCount, expectedCount])).toEqual([
      [1, 60],
      [0, 60],
      [0, 60],
      [0, 30],
    ]);
  });
});

const MINUTE_MS = 60_000;
const DAYS = [
  ['XNYS', '2015-12-24'], // a half day
  ['XHKG', '2024-10-02'], // a lunch break
  ['CMES', '2024-11-28'], // opens on the evening before, and closes early
] as const;

describe.each(DAYS)('forming bars of %s on %s', (calendar, date) => {
  const day = calendarNamed(calendar).tradingDay(date)!;
  const base = new DayGrid(day, parseInterval('1m'));
  const chunk = randomDay(base.slotCount, seeded(11), 0.6);
  const bars = chunk.bars(base);

  it.each([
    ['5m', 5],
    ['1h', 60],
    ['4h', 240],
    ['1d', Infinity],
  ])('I2 I5 the forming bar of %s is made of the visible base bars of its bucket', (name, minutes) => {
    const plan = planDerived(base, parseInterval(name));
    const buckets = plainBuckets([day], minutes);
    for (let clock = base.open - MINUTE_MS; clock <= base.close + MINUTE_MS; clock += MINUTE_MS) {
      const forming = formingBucket(base, plan, clock);
      const bar = forming && formingBar(base, plan, forming, chunk);
      const bucketOfClock = buckets.find(({ open, close }) => open < clock && clock < close);
      const expected = bucketOfClock && plainDerivedBar([day], bucketOfClock, bars, clock);
      expect(bar).toEqual(expected);
      if (bar) expect(bar.closeTime).toBeLessThanOrEqual(clock);
    }
  });

  it('only the closed slots of the bucket are read', () => {
    const plan = planDerived(base, parseInterval('1h'));
    const forming = formingBucket(base, plan, base.open + 100 * MINUTE_MS)!;
    const { from, closed } = forming;
    const [start, end] = [from, closed].map((slot) => recordOffset(base.slotCount, slot));
    const records = chunk.bytes.subarray(start, end);
    const part = chunkOfPart(base.slotCount, chunk.bitmap, records, from, closed); // the other slots are empty
    expect(part.bars(base)).toEqual(chunk.bars(base, from, closed));
    expect(formingBar(base, plan, forming, part)).toEqual(formingBar(base, plan, forming, chunk));
  });
});

describe('forming bars in Hong Kong', () => {
  const day = calendarNamed('XHKG').tradingDay('2024-10-02')!;
  const base = new DayGrid(day, parseInterval('1m'));
  const [morning, afternoon] = [day.segments[0]!, day.segments[1]!];
  const inBreak = (morning.close + afternoon.open) / 2;
  const halfHours = planDerived(base, parseInterval('30m'));

  it('no bucket forms before the open, at the end of a bucket, in the lunch break or after the close', () => {
    const endOfBucket = base.open + 30 * MINUTE_MS;
    for (const clock of [0, base.open, endOfBucket, morning.close, inBreak, afternoon.open, base.close]) {
      expect(formingBucket(base, halfHours, clock)).toBeUndefined();
    }
  });

  it('the daily bar continues to form during the lunch break', () => {
    const daily = planDerived(base, parseInterval('1d'));
    const forming = formingBucket(base, daily, inBreak);
    expect(forming).toEqual({ bucket: 0, from: 0, closed: 150, to: 330 }); // the morning has 150 slots
    const fullDay = randomDay(base.slotCount, seeded(11), 1);
    expect(formingBar(base, daily, forming!, fullDay)!.closeTime).toBe(morning.close);
  });

  it('a base slot that is not closed does not count', () => {
    expect(formingBucket(base, halfHours, base.open + MINUTE_MS - 1)).toBeUndefined();
    expect(formingBucket(base, halfHours, base.open + 1.5 * MINUTE_MS)).toMatchObject({ from: 0, closed: 1, to: 30 });
  });

  it('a bucket without a visible base bar has no forming bar', () => {
    const emptyDay = new DayChunk(base.slotCount);
    expect(formingBar(base, halfHours, { bucket: 0, from: 0, closed: 4, to: 30 }, emptyDay)).toBeUndefined();
  });
});
