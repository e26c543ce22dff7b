import { seeded, type Seeded } from '../../../test/support/data/seeded.js';
import {
  aggregateCascade,
  aggregateInto,
  closedBuckets,
  type DerivedPlan,
  planCascade,
  planDerived,
} from './aggregate.js';
import type { Bar, StoredBar } from './bar.js';
import { calendarNamed, type TradingDay } from './calendar/index.js';
import { DayChunk, ORIGIN_CODES } from './chunk.js';
import { parseInterval } from './interval.js';
import { DayGrid } from './slots.js';

const BASE = parseInterval('1m');
const DERIVED = ['5m', '7m', '15m', '30m', '1h', '4h', '1d'].map(parseInterval);
const DAYS = (
  [
    ['XNYS', '2024-11-27'], // a full day
    ['XNYS', '2024-11-29'], // a half day
    ['XTKS', '2024-10-01'], // a lunch break
    ['CMES', '2024-11-28'], // opens on the evening before, and closes early
    ['24/7', '2024-02-29'],
  ] as const
).map(([calendar, date]): [string, TradingDay] => [`${calendar} ${date}`, calendarNamed(calendar).tradingDay(date)!]);
/** From a full day to a day without a bar. */
const MISSING_SHARES = [0, 0.02, 0.5, 0.97, 1];

/** The derived chunk of one interval. */
function aggregateDay(base: DayChunk, { grid, starts }: DerivedPlan, closedSlots = base.slotCount): DayChunk {
  const derived = new DayChunk(grid.slotCount);
  aggregateInto(derived, base, starts, closedBuckets(starts, closedSlots));
  return derived;
}

/** A day of random bars. @param missingShare share of the slots that stay empty, 0 to 1 */
function randomDay(grid: DayGrid, random: Seeded, missingShare: number): DayChunk {
  const chunk = new DayChunk(grid.slotCount);
  for (let slot = 0; slot < grid.slotCount; slot++) {
    if (random.chance(missingShare)) continue;
    const [low, open, close, high] = Array.from({ length: 4 }, () => random.int(1, 100_000) / 100).sort(
      (a, b) => a - b,
    );
    const bar: Bar = { openTime: 0, open: open!, high: high!, low: low!, close: close!, volume: random.int(0, 10_000) };
    chunk.writeBar(slot, bar, random.pick(['streamed', 'backfilled']), 0);
  }
  return chunk;
}

/** The derived bars by the simplest algorithm: group the bars by bucket, and reduce each group. */
function plainlyDerived(bars: readonly StoredBar[], base: DayGrid, derived: DayGrid): StoredBar[] {
  return Array.from({ length: derived.slotCount }, (_, bucket): StoredBar[] => {
    const [openTime, closeTime] = [derived.openTime(bucket), derived.closeTime(bucket)];
    const isIn = (time: number) => time >= openTime && time < closeTime;
    const parts = bars.filter((bar) => isIn(bar.openTime));
    if (parts.length === 0) return [];
    const expectedCount = Array.from({ length: base.slotCount }, (_slot, slot) => base.openTime(slot)).filter(
      isIn,
    ).length;
    return [
      {
        openTime,
        closeTime,
        open: parts[0]!.open,
        high: Math.max(...parts.map(({ high }) => high)),
        low: Math.min(...parts.map(({ low }) => low)),
        close: parts.at(-1)!.close,
        volume: parts.reduce((sum, { volume }) => sum + volume, 0),
        origin: 'derived',
        dataset: 0,
        sourceCount: parts.length,
        expectedCount,
        complete: parts.length === expectedCount,
      },
    ];
  }).flat();
}

describe.each(DAYS)('derived bars of %s', (_name, day) => {
  const grid = new DayGrid(day, BASE);

  it.each(DERIVED)('I5 $name equals a plain reduce of the present bars, with its counts', (interval) => {
    const random = seeded(6);
    const plan = planDerived(grid, interval);
    for (const missingShare of MISSING_SHARES) {
      const base = randomDay(grid, random, missingShare);
      expect(aggregateDay(base, plan).bars(plan.grid)).toEqual(plainlyDerived(base.bars(grid), grid, plan.grid));
    }
  });

  it('I5 only closed buckets are derived: a part of a bucket is never shown as a bar', () => {
    const random = seeded(7);
    const base = randomDay(grid, random, 0.1);
    for (const interval of DERIVED) {
      const plan = planDerived(grid, interval);
      const whole = aggregateDay(base, plan).bars(plan.grid);
      for (let round = 0; round < 20; round++) {
        const closedSlots = random.int(0, grid.slotCount + 1);
        const until = closedSlots === 0 ? grid.open : grid.closeTime(closedSlots - 1);
        const expected = whole.filter(({ closeTime }) => closeTime <= until);
        expect(aggregateDay(base, plan, closedSlots).bars(plan.grid)).toEqual(expected);
      }
    }
  });
});

describe.each(DAYS)('all derived intervals of %s at once', (_name, day) => {
  const grid = new DayGrid(day, BASE);

  it.each([
    ['finest first', DERIVED],
    ['finest last', [...DERIVED].reverse()],
  ])('I5 equal those of each interval derived alone, %s, in reused chunks and in new ones', (_order, intervals) => {
    const random = seeded(11);
    const plans = intervals.map((interval) => planDerived(grid, interval));
    const cascade = planCascade(plans);
    const into = plans.map((plan) => new DayChunk(plan.grid.slotCount));
    for (const missingShare of MISSING_SHARES) {
      const base = randomDay(grid, random, missingShare);
      // Replaces the volumes (double 4 of each record) by ones whose sum depends on the order of the additions.
      for (let slot = 0; slot < grid.slotCount; slot++)
        if (base.has(slot)) base.doubles[base.firstDouble + slot * 6 + 4] = random.next() * 10 ** random.int(-6, 6);
      const closedSlots = random.pick([grid.slotCount, random.int(0, grid.slotCount)]);
      const alone = plans.map((plan) => aggregateDay(base, plan, closedSlots).bytes);
      expect(aggregateCascade(base, cascade, closedSlots, into).map(({ bytes }) => bytes)).toEqual(alone);
      expect(aggregateCascade(base, cascade, closedSlots).map(({ bytes }) => bytes)).toEqual(alone);
    }
  });
});

it('an interval is derived from the coarsest earlier interval whose buckets fit into its buckets', () => {
  const grid = new DayGrid(calendarNamed('XNYS').tradingDay('2024-11-27')!, BASE);
  const names = ['5m', '7m', '15m', '30m', '1h', '1d'];
  const cascade = planCascade(names.map((name) => planDerived(grid, parseInterval(name))));
  const sources = cascade.map(({ source }) => names[source] ?? '1m');
  expect(sources).toEqual(['1m', '1m', '5m', '15m', '30m', '1h']);
});

describe('the derived bars of XNYS on a full day', () => {
  const grid = new DayGrid(calendarNamed('XNYS').tradingDay('2024-11-27')!, BASE);
  const hours = planDerived(grid, parseInterval('1h'));

  it('the last hour of XNYS expects 30 minutes and is complete with them', () => {
    const lastHour = aggregateDay(randomDay(grid, seeded(8), 0), hours).bar(6, hours.grid); // 15:30 to 16:00
    expect(lastHour).toMatchObject({ sourceCount: 30, expectedCount: 30, complete: true });
  });

  it('a bucket without a bar stays empty, and one with a single bar has its values', () => {
    const base = new DayChunk(390);
    const inSecondHour = 61;
    base.writeBar(inSecondHour, { openTime: 0, open: 2, high: 4, low: 1, close: 3, volume: 10 }, 'streamed', 0);
    const [only, ...others] = aggregateDay(base, hours).bars(hours.grid);
    expect(only).toMatchObject({ open: 2, high: 4, low: 1, close: 3, volume: 10, sourceCount: 1, expectedCount: 60 });
    expect(only).toMatchObject({ openTime: hours.grid.openTime(1), complete: false });
    expect(others).toEqual([]);
  });

  it('the same base bars make the same bytes, and the base does not change', () => {
    const base = randomDay(grid, seeded(9), 0.3);
    const before = Uint8Array.from(base.bytes);
    expect(Buffer.compare(aggregateDay(base, hours).bytes, aggregateDay(base, hours).bytes)).toBe(0);
    expect(Buffer.compare(base.bytes, before)).toBe(0);
  });

  it('derived bars that are written again after a repair replace the old ones', () => {
    const base = randomDay(grid, seeded(10), 0.3);
    const derived = aggregateDay(base, hours);
    for (let slot = 0; slot < 390; slot++)
      if (!base.has(slot)) base.write(slot, 5, 6, 4, 5, 1, ORIGIN_CODES.backfilled, 1, 1, 1);
    aggregateInto(derived, base, hours.starts, hours.grid.slotCount);
    expect(Buffer.compare(derived.bytes, aggregateDay(base, hours).bytes)).toBe(0);
    expect(derived.bars(hours.grid).every(({ complete }) => complete)).toBe(true);
  });

  it('a sum of volumes that overflows becomes the largest number, also in a joined bucket', () => {
    const base = new DayChunk(390);
    const large = Number.MAX_VALUE;
    for (const slot of [0, 1]) base.write(slot, 1, 1, 1, 1, large, ORIGIN_CODES.streamed, 0, 1, 1);
    const plans = ['5m', '1h'].map((name) => planDerived(grid, parseInterval(name)));
    const derived = aggregateCascade(base, planCascade(plans));
    expect(derived.map((chunk, i) => chunk.bar(0, plans[i]!.grid)?.volume)).toEqual([large, large]);
    expect(aggregateDay(base, plans[0]!).bytes).toEqual(derived[0]!.bytes);
  });

  it('an interval that is not a multiple cannot be planned', () => {
    const base = new DayGrid(grid.day, parseInterval('5m'));
    expect(() => planDerived(base, parseInterval('7m'))).toThrow('expected a multiple of 5m, was 7m');
    expect(() => planDerived(base, parseInterval('5m'))).toThrow(RangeError);
  });
});
