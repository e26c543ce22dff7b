import { seeded } from '../../../test/support/data/seeded.js';
import { plainBuckets, plainDerivedBar } from '../../../test/support/data/plain-derived.js';
import { aggregateCascade, planCascade, planDerived } from './aggregate.js';
import type { Bar } from './bar.js';
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
const range = (from: number, to: number, fillTo = to) => ({ grid, from, to, fillTo });

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
    expect(fillForward(dayWith(3), range(0, 5), undefined).bars.map(({ close }) => close)).toEqual([3, 3]);
    expect(fillForward(dayWith(3), range(0, 5), 42).bars.map(({ close }) => close)).toEqual([42, 42, 42, 3, 3]);
    expect(fillForward(undefined, range(0, 5), undefined)).toEqual({ bars: [], lastClose: undefined });
    expect(fillForward(undefined, range(0, 2), 42)).toMatchObject({
      bars: [{ close: 42 }, { close: 42 }],
      lastClose: 42,
    });
  });

  it('treats a close of 0 as a price', () => {
    expect(fillForward(dayWith(0), range(0, 2), undefined).bars.map(({ close }) => close)).toEqual([0, 0]);
  });

  it('leaves out empty slots that may still get a bar, and shows the bars after them', () => {
    const { bars } = fillForward(dayWith(1, 4), range(0, 6, 3), undefined);
    expect(bars.map(({ close }) => close)).toEqual([1, 1, 4]);
  });

  it('gives an empty bucket its number of base slots, also the short last bucket of a half day', () => {
    const plan = planDerived(grid, parseInterval('1h'));
    const [hours] = aggregateCascade(dayWith(10), planCascade([plan]));
    const shown = { grid: plan.grid, from: 0, to: 4, fillTo: 4, starts: plan.starts };
    const { bars } = fillForward(hours, shown, undefined);
    expect(bars.map(({ sourceCount, expectedCount }) => [sourceCount, expectedCount])).toEqual([
      [1, 60],
      [0, 60],
      [0, 60],
      [0, 30],
    ]);
  });
});

const MINUTE = 60_000;
const DAYS = [
  ['XNYS', '2015-12-24'], // a half day
  ['XHKG', '2024-10-02'], // a lunch break
  ['CMES', '2024-11-28'], // opens on the evening before, and closes early
] as const;

/** A day with random bars in about this share of its slots, 0 to 1. */
function randomDay(base: DayGrid, share: number): DayChunk {
  const random = seeded(11);
  const chunk = new DayChunk(base.slotCount);
  for (let slot = 0; slot < base.slotCount; slot++) {
    if (!random.chance(share)) continue;
    const [low, open, close, high] = Array.from({ length: 4 }, () => random.int(100, 900)).sort((a, b) => a - b);
    const bar: Bar = { openTime: 0, open: open!, high: high!, low: low!, close: close!, volume: random.int(0, 99) };
    chunk.writeBar(slot, bar, 'streamed', 0);
  }
  return chunk;
}

describe.each(DAYS)('the forming bar of %s on %s', (calendar, date) => {
  const day = calendarNamed(calendar).tradingDay(date)!;
  const base = new DayGrid(day, parseInterval('1m'));
  const chunk = randomDay(base, 0.6);
  const bars = chunk.bars(base);

  it.each([
    ['5m', 5],
    ['1h', 60],
    ['4h', 240],
    ['1d', Infinity],
  ])('I2 I5 %s has the visible base bars of its bucket', (name, minutes) => {
    const plan = planDerived(base, parseInterval(name));
    const buckets = plainBuckets([day], minutes);
    for (let clock = base.open - MINUTE; clock <= base.close + MINUTE; clock += MINUTE) {
      const forming = formingBucket(base, plan, clock);
      const bar = forming && formingBar(base, plan, forming, chunk);
      // The bucket whose time contains the clock.
      const current = buckets.find(({ open, close }) => open < clock && clock < close);
      const expected = current && plainDerivedBar([day], current, bars, clock);
      expect(bar).toEqual(expected);
      if (!bar) continue;
      expect(bar.closeTime).toBeLessThanOrEqual(clock);
    }
  });

  it('reads only the closed slots of its bucket', () => {
    const plan = planDerived(base, parseInterval('1h'));
    const forming = formingBucket(base, plan, base.open + 100 * MINUTE)!;
    const { from, closed } = forming;
    const [start, end] = [from, closed].map((slot) => recordOffset(base.slotCount, slot));
    const records = chunk.bytes.subarray(start, end);
    const part = chunkOfPart(base.slotCount, chunk.bitmap, records, from, closed);
    expect(part.bars(base)).toEqual(chunk.bars(base, from, closed));
    expect(formingBar(base, plan, forming, part)).toEqual(formingBar(base, plan, forming, chunk));
  });
});

describe('between two buckets', () => {
  const day = calendarNamed('XHKG').tradingDay('2024-10-02')!;
  const base = new DayGrid(day, parseInterval('1m'));
  const [morning, afternoon] = [day.segments[0]!, day.segments[1]!];

  it('no bucket forms before the open, at the end of a bucket, in the lunch break or after the close', () => {
    const plan = planDerived(base, parseInterval('30m'));
    const inBreak = (morning.close + afternoon.open) / 2;
    for (const clock of [0, base.open, base.open + 30 * MINUTE, morning.close, inBreak, afternoon.open, base.close]) {
      expect(formingBucket(base, plan, clock)).toBeUndefined();
    }
  });

  it('the daily bar continues to form during the lunch break', () => {
    const plan = planDerived(base, parseInterval('1d'));
    const forming = formingBucket(base, plan, (morning.close + afternoon.open) / 2);
    expect(forming).toEqual({ bucket: 0, from: 0, closed: 150, to: 330 });
    expect(formingBar(base, plan, forming!, randomDay(base, 1))!.closeTime).toBe(morning.close);
  });

  it('a base slot that is not closed does not count', () => {
    const plan = planDerived(base, parseInterval('30m'));
    expect(formingBucket(base, plan, base.open + 59_999)).toBeUndefined();
    expect(formingBucket(base, plan, base.open + 90_000)).toMatchObject({ from: 0, closed: 1, to: 30 });
  });

  it('a bucket without a visible base bar has no forming bar', () => {
    const plan = planDerived(base, parseInterval('30m'));
    expect(formingBar(base, plan, { bucket: 0, from: 0, closed: 4, to: 30 }, new DayChunk(330))).toBeUndefined();
  });
});
