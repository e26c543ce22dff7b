import { createHash } from 'node:crypto';
import { DayChunk, parseSessionSpec, recordOffset, type ShownBar } from '@barkeep/bars';
import { NOTHING_DELIVERED, SessionLayout } from '@barkeep/session-data';
import { type DerivedBy, Holdings, SymbolBars } from '../mirror/index.js';
import { DeliveredChain, eachBar, hexOf } from './delivered.js';
import type { DeliveredPart } from './interval-rows.js';
import type { StepBatch } from './step-rows.js';

const SLOTS = 390;
const SPEC = {
  start: '2013-10-07',
  end: '2013-10-07',
  derivedIntervals: [],
  source: { type: 'dataset', dataset: 'd' },
};

/** One day of each symbol, with a bar in every second minute, from slot 0 on. */
function holdingsOf(
  symbols: string[],
  { derivedBy = 'upkeep', ...spec }: { derivedBy?: DerivedBy; derivedIntervals?: string[] } = {},
) {
  const layout = new SessionLayout('s', 'i', parseSessionSpec({ ...SPEC, ...spec, symbols }), 'p', 0);
  const holdings = new Holdings(layout, derivedBy);
  const chunk = new DayChunk(SLOTS);
  for (let slot = 0; slot < SLOTS; slot += 2) {
    const bar = { openTime: 0, open: 5, high: 6, low: 4, close: 5 + slot / 1_000, volume: slot };
    chunk.writeBar(slot, bar, 'streamed', 0);
  }
  holdings.setSymbols(
    layout,
    symbols.map((symbol) => {
      const bars = new SymbolBars(symbol, 0, layout, derivedBy);
      const records = chunk.bytes.subarray(recordOffset(SLOTS, 0));
      bars.append(layout, { day: 0, interval: layout.base, records, fromSlot: 0, toSlot: SLOTS });
      return bars;
    }),
  );
  return { layout, holdings, chunk };
}

/** Replaces a symbol's day by one with other bars, in every minute. */
function replaceBars(layout: SessionLayout, bars: SymbolBars): void {
  const chunk = new DayChunk(SLOTS);
  const bar = { openTime: 0, open: 9, high: 9, low: 9, close: 9, volume: 9 };
  for (let slot = 0; slot < SLOTS; slot++) chunk.writeBar(slot, bar, 'streamed', 0);
  const records = chunk.bytes.subarray(recordOffset(SLOTS, 0));
  bars.replaceDay(layout, { day: 0, interval: layout.base, records, toSlot: SLOTS });
}

/** The bars of a part with their symbols, in the order of delivery. */
function barsOf(part: DeliveredPart): [string, ShownBar][] {
  const bars: [string, ShownBar][] = [];
  const closeOf = (openTime: number) => openTime + 60_000;
  eachBar(part, closeOf, (symbol, bar) => bars.push([symbol, bar]));
  return bars;
}

/** A batch of one step: the minute of one slot. */
function stepAt(layout: SessionLayout, slot: number): StepBatch {
  const grid = layout.grid(0);
  const { base } = layout;
  return { day: 0, after: grid.openTime(slot), times: [grid.closeTime(slot)], intervals: [base] };
}

test('hashes a step as documented, and includes empty steps in the chain', () => {
  const { layout, holdings, chunk } = holdingsOf(['BB', 'A']);
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  const grid = layout.grid(0);
  let expectedHash = Buffer.alloc(32);
  const f64 = (value: number) => Buffer.from(Float64Array.of(value).buffer);
  for (let slot = 0; slot < 6; slot++) {
    const time = grid.closeTime(slot);
    const { parts, bars } = chain.deliver(holdings, time, () => stepAt(layout, slot));
    const sha = createHash('sha256').update(expectedHash).update(f64(time));
    const symbols = slot % 2 === 0 ? ['A', 'BB'] : []; // those with a bar in this minute, sorted by name
    for (const _ of symbols) sha.update(f64(grid.openTime(slot))).update(chunk.record(slot));
    sha.update('1m\n').update(symbols.map((symbol) => `${symbol}\0`).join(''));
    expectedHash = sha.digest();
    expect(hexOf(chain.current)).toBe(expectedHash.toString('hex'));
    expect(bars).toBe(symbols.length);
    expect(barsOf(parts[0]!)).toEqual(symbols.map((symbol) => [symbol, chunk.bar(slot, grid)]));
  }
});

/** Delivers each minute of the day. Keeps two of every 50 steps, one with bars and one without, and the hashes before and after each. */
function deliverDay(layout: SessionLayout, holdings: Holdings) {
  const grid = layout.grid(0);
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  const kept: { slot: number; part: DeliveredPart; bars: [string, ShownBar][]; before: string; after: string }[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const before = hexOf(chain.current);
    const part = chain.deliver(holdings, grid.closeTime(slot), () => stepAt(layout, slot)).parts[0]!;
    if (slot % 50 < 2) kept.push({ slot, part, bars: barsOf(part), before, after: hexOf(chain.current) });
  }
  return kept;
}

/** So many symbols that the rows of one step do not fit the initial memory. */
const MANY_SYMBOLS = Array.from({ length: 300 }, (_, i) => `S${1_000 + i}`);

test('a kept step does not change after later steps and when bars are replaced', () => {
  const { layout, holdings } = holdingsOf(MANY_SYMBOLS);
  const kept = deliverDay(layout, holdings);
  for (const bars of holdings.sorted) replaceBars(layout, bars);
  for (const { part, bars } of kept) expect(barsOf(part)).toEqual(bars);
});

test('the chain continues from any hash', () => {
  const { layout, holdings } = holdingsOf(MANY_SYMBOLS);
  for (const { slot, before, after } of deliverDay(layout, holdings)) {
    const continued = new DeliveredChain(before);
    continued.deliver(holdings, layout.grid(0).closeTime(slot), () => stepAt(layout, slot));
    expect(hexOf(continued.current)).toBe(after);
  }
});

/** Steps of `slots` slots each, from slot `from` up to the end of the day. */
function batchOf(layout: SessionLayout, from: number, slots: number): StepBatch {
  const grid = layout.grid(0);
  const times: number[] = [];
  for (let slot = from + slots; slot <= grid.slotCount; slot += slots) times.push(grid.closeTime(slot - 1));
  const after = from === 0 ? grid.open : grid.closeTime(from - 1);
  return { day: 0, after, times, intervals: [layout.base, ...layout.derived] };
}

/** Names of the base interval and of the derived intervals that close a slot in `(from, to]`, epoch ms. */
function closingIn(layout: SessionLayout, from: number, to: number): string[] {
  const closing = layout.derived.filter((interval) => {
    const grid = layout.grid(0, interval);
    return grid.closedBy(to) > grid.closedBy(from);
  });
  return [layout.base, ...closing].map(({ name }) => name);
}

test.each([1, 2, 7])('a batch of steps of %i slots delivers the same as single steps', (slots) => {
  const { layout, holdings } = holdingsOf(['A', 'BB', 'C'], { derivedIntervals: ['15m', '5m'], derivedBy: 'client' });
  const batched = new DeliveredChain(NOTHING_DELIVERED);
  const single = new DeliveredChain(NOTHING_DELIVERED);
  const batch = batchOf(layout, 0, slots);
  const seen: string[] = [];
  batch.times.forEach((time, i) => {
    const after = i === 0 ? batch.after : batch.times[i - 1]!;
    const singleStep = single.deliver(holdings, time, () => ({ ...batch, after, times: [time] }));
    const batchedStep = batched.deliver(holdings, time, () => batch);
    expect(hexOf(batched.current)).toBe(hexOf(single.current));
    expect(batchedStep.bars).toBe(singleStep.bars);
    expect(batchedStep.parts.map(({ interval }) => interval.name)).toEqual(closingIn(layout, after, time));
    batchedStep.parts.forEach((part, place) => {
      expect(barsOf(part)).toEqual(barsOf(singleStep.parts[place]!));
      seen.push(...barsOf(part).map(([symbol]) => `${part.interval.name} ${symbol}`));
    });
  });
  const count = (name: string) => seen.filter((found) => found === name).length;
  const deliveredMinutes = batch.times.length * slots; // steps of 7 minutes end before the day does
  expect(count('1m BB')).toBe(Math.ceil(deliveredMinutes / 2)); // every second minute has a bar
  expect(count('5m C')).toBe(Math.floor(deliveredMinutes / 5));
});

test('a change during a batch is visible in the next step', () => {
  const { layout, holdings } = holdingsOf(['A', 'BB']);
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  const grid = layout.grid(0);
  const deliver = (slot: number) => chain.deliver(holdings, grid.closeTime(slot), () => batchOf(layout, slot, 1)).bars;
  expect([0, 1, 2, 3].map(deliver)).toEqual([2, 0, 2, 0]);
  replaceBars(layout, holdings.get('BB')!); // from now on BB has a bar in every minute, and A still in every second one
  holdings.rewrites++;
  expect([4, 5, 6].map(deliver)).toEqual([2, 1, 2]);
});

test('I1 intervals are delivered in the order of the batch, also when a batch starts with a later step', () => {
  const { layout, holdings } = holdingsOf(['A'], { derivedIntervals: ['5m', '15m'], derivedBy: 'client' });
  const [short, long] = layout.derived;
  const [grid, base] = [layout.grid(0), layout.base];
  const intervals = [base, long!, short!];
  // A bar of 5m closes in both steps, a bar of 15m only in the second.
  const [first, second] = [grid.closeTime(4), grid.closeTime(14)];
  const batch = { day: 0, after: grid.open, times: [first, second], intervals };
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  chain.deliver(holdings, first, () => batch);
  const continued = new DeliveredChain(hexOf(chain.current));
  const { parts } = chain.deliver(holdings, second, () => batch);
  expect(parts.map(({ interval }) => interval)).toEqual(intervals);
  continued.deliver(holdings, second, () => ({ ...batch, after: first, times: [second] }));
  expect(hexOf(continued.current)).toBe(hexOf(chain.current));
});
