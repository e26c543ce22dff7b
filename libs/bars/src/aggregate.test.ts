/** I5 is an invariant of docs/ARCHITECTURE.md. */
import { randomDay } from '../../../test/support/data/random-day.js';
import { seeded, type Seeded } from '../../../test/support/data/seeded.js';
import {
  aggregateCascade,
  aggregateInto,
  closedBuckets,
  type DerivedPlan,
  planCascade,
  planDerived,
} from './aggregate.js';
import type { StoredBar } from './bar.js';
import { calendarNamed, type TradingDay } from './calendar/index.js';
import { DayChunk, RECORD_DOUBLES } from './chunk.js';
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
/** A day of one to four segments whose lengths are no multiples of an interval, with breaks between them. */
function dayOfRandomSegments(random: Seeded): TradingDay {
  let close = Date.parse('2024-02-29T00:00Z');
  const segments = Array.from({ length: random.int(1, 5) }, () => {
    const open = close + random.int(0, 90) * BASE.ms;
    close = open + random.int(1, 300) * BASE.ms;
    return { open, close };
  });
  return { date: '2024-02-29', segments };
}

/** Shares of the slots that have a bar, from a full day to a day without a bar. */
const FILLED_SHARES = [1, 0.98, 0.5, 0.03, 0];

/** The chunk of one derived interval. @param closedSlots buckets that end after this number of base slots stay empty */
function aggregateDay(base: DayChunk, { grid, starts }: DerivedPlan, closedSlots = base.slotCount): DayChunk {
  const derived = new DayChunk(grid.slotCount);
  aggregateInto(derived, base, starts, closedBuckets(starts, closedSlots));
  return derived;
}

/** The derived bars by the simplest algorithm: group the bars by bucket, and reduce each group. */
function plainlyDerived(bars: readonly StoredBar[], base: DayGrid, derived: DayGrid): StoredBar[] {
  const baseOpens = Array.from({ length: base.slotCount }, (_, slot) => base.openTime(slot));
  const buckets = Array.from({ length: derived.slotCount }, (_, bucket) => bucket);
  return buckets.flatMap((bucket) => {
    const [openTime, closeTime] = [derived.openTime(bucket), derived.closeTime(bucket)];
    const isInside = (time: number) => time >= openTime && time < closeTime;
    const parts = bars.filter((bar) => isInside(bar.openTime));
    if (parts.length === 0) return [];
    const expectedCount = baseOpens.filter(isInside).length;
    const derivedBar: StoredBar = {
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
    };
    return [derivedBar];
  });
}

/** Replaces the volumes by numbers whose sum depends on the order of the additions, because of rounding. */
function spreadVolumes(chunk: DayChunk, random: Seeded): void {
  const VOLUME = 4; // the fifth double of a record
  for (let slot = 0; slot < chunk.slotCount; slot++) {
    if (!chunk.has(slot)) continue;
    chunk.doubles[chunk.firstDouble + slot * RECORD_DOUBLES + VOLUME] = random.next() * 10 ** random.int(-6, 6);
  }
}

describe.each(DAYS)('%s', (_name, day) => {
  const grid = new DayGrid(day, BASE);

  it.each(DERIVED)('I5 a bar of $name equals a plain reduce of the present base bars, with its counts', (interval) => {
    const random = seeded(6);
    const plan = planDerived(grid, interval);
    for (const filledShare of FILLED_SHARES) {
      const base = randomDay(grid.slotCount, random, filledShare);
      expect(aggregateDay(base, plan).bars(plan.grid)).toEqual(plainlyDerived(base.bars(grid), grid, plan.grid));
    }
  });

  it('I5 only closed buckets are derived: a part of a bucket is never shown as a bar', () => {
    const random = seeded(7);
    const base = randomDay(grid.slotCount, random, 0.9);
    for (const interval of DERIVED) {
      const plan = planDerived(grid, interval);
      const allBars = aggregateDay(base, plan).bars(plan.grid);
      for (let round = 0; round < 20; round++) {
        const closedSlots = random.int(0, grid.slotCount + 1);
        const closedUntil = closedSlots === 0 ? grid.open : grid.closeTime(closedSlots - 1);
        const expected = allBars.filter(({ closeTime }) => closeTime <= closedUntil);
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
    const reused = plans.map((plan) => new DayChunk(plan.grid.slotCount));
    for (const filledShare of FILLED_SHARES) {
      const base = randomDay(grid.slotCount, random, filledShare);
      spreadVolumes(base, random);
      const closedSlots = random.pick([grid.slotCount, random.int(0, grid.slotCount)]);
      const alone = plans.map((plan) => aggregateDay(base, plan, closedSlots).bytes);
      expect(aggregateCascade(base, cascade, closedSlots, reused).map(({ bytes }) => bytes)).toEqual(alone);
      expect(aggregateCascade(base, cascade, closedSlots).map(({ bytes }) => bytes)).toEqual(alone);
    }
  });
});

it('I5 derived bars of days with random segments and breaks equal a plain reduce, at several base intervals', () => {
  const random = seeded(12);
  for (let round = 0; round < 200; round++) {
    const grid = new DayGrid(dayOfRandomSegments(random), parseInterval(random.pick(['1m', '3m', '7m', '15m', '1h'])));
    const base = randomDay(grid.slotCount, random, random.pick(FILLED_SHARES));
    const multiples = [2, 3, 4, 12].map((count) => parseInterval(`${(count * grid.interval.ms) / BASE.ms}m`));
    const plans = [...multiples, parseInterval('1d')].map((interval) => planDerived(grid, interval));
    const derived = aggregateCascade(base, planCascade(plans));
    plans.forEach((plan, index) => {
      expect(derived[index]!.bars(plan.grid)).toEqual(plainlyDerived(base.bars(grid), grid, plan.grid));
    });
  }
});

describe('a full day of XNYS', () => {
  const grid = new DayGrid(calendarNamed('XNYS').tradingDay('2024-11-27')!, BASE);
  const hourly = planDerived(grid, parseInterval('1h'));

  it('an interval is derived from the coarsest earlier interval whose buckets fit into its buckets', () => {
    const names = ['5m', '7m', '15m', '30m', '1h', '1d'];
    const cascade = planCascade(names.map((name) => planDerived(grid, parseInterval(name))));
    const sources = cascade.map(({ source }) => names[source] ?? '1m'); // source −1: base bars
    expect(sources).toEqual(['1m', '1m', '5m', '15m', '30m', '1h']);
  });

  it('the last hour expects 30 minutes and is complete with them', () => {
    const fullDay = randomDay(grid.slotCount, seeded(8), 1);
    const lastHour = aggregateDay(fullDay, hourly).bar(6, hourly.grid); // 15:30 to 16:00
    expect(lastHour).toMatchObject({ sourceCount: 30, expectedCount: 30, complete: true });
  });

  it('a bucket without a bar stays empty, and one with a single bar has its values', () => {
    const base = new DayChunk(grid.slotCount);
    const values = { open: 2, high: 4, low: 1, close: 3, volume: 10 };
    const slotInSecondHour = 61;
    base.writeBar(slotInSecondHour, { openTime: 0, ...values }, 'streamed', 0);
    const bars = aggregateDay(base, hourly).bars(hourly.grid);
    const openTime = hourly.grid.openTime(1);
    expect(bars).toMatchObject([{ openTime, ...values, sourceCount: 1, expectedCount: 60, complete: false }]);
  });

  it('the same base bars make the same bytes, and the base does not change', () => {
    const base = randomDay(grid.slotCount, seeded(9), 0.7);
    const before = Uint8Array.from(base.bytes);
    expect(Buffer.compare(aggregateDay(base, hourly).bytes, aggregateDay(base, hourly).bytes)).toBe(0);
    expect(Buffer.compare(base.bytes, before)).toBe(0);
  });

  it('derived bars that are written again after a repair replace the old ones', () => {
    const base = randomDay(grid.slotCount, seeded(10), 0.7);
    const derived = aggregateDay(base, hourly);
    const repair = { openTime: 0, open: 5, high: 6, low: 4, close: 5, volume: 1 };
    for (let slot = 0; slot < grid.slotCount; slot++) {
      if (!base.has(slot)) base.writeBar(slot, repair, 'backfilled', 1);
    }
    aggregateInto(derived, base, hourly.starts, hourly.grid.slotCount);
    expect(Buffer.compare(derived.bytes, aggregateDay(base, hourly).bytes)).toBe(0);
    expect(derived.bars(hourly.grid).every(({ complete }) => complete)).toBe(true);
  });

  it('a sum of volumes that overflows becomes the largest number, also in a bucket that is joined from buckets', () => {
    const base = new DayChunk(grid.slotCount);
    const volume = Number.MAX_VALUE;
    const bar = { openTime: 0, open: 1, high: 1, low: 1, close: 1, volume };
    for (const slot of [0, 1]) base.writeBar(slot, bar, 'streamed', 0);
    const [fives, hours] = ['5m', '1h'].map((name) => planDerived(grid, parseInterval(name)));
    // The cascade aggregates 5m from base bars, and joins 1h from bars of 5m.
    const [fivesChunk, hoursChunk] = aggregateCascade(base, planCascade([fives!, hours!]));
    expect(fivesChunk!.bar(0, fives!.grid)?.volume).toBe(volume);
    expect(hoursChunk!.bar(0, hours!.grid)?.volume).toBe(volume);
    // 5m alone is as 5m in the cascade.
    expect(aggregateDay(base, fives!).bytes).toEqual(fivesChunk!.bytes);
  });

  it('an interval that is not a multiple cannot be planned', () => {
    const base = new DayGrid(grid.day, parseInterval('5m'));
    expect(() => planDerived(base, parseInterval('7m'))).toThrow('expected a multiple of 5m, was 7m');
    expect(() => planDerived(base, parseInterval('5m'))).toThrow(RangeError);
  });
});
