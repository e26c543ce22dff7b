/** I1 is an invariant of docs/ARCHITECTURE.md. */
import { createHash } from 'node:crypto';
import { DayChunk, recordOffset, type ShownBar } from '@barkeep/bars';
import { NOTHING_DELIVERED, type SessionLayout } from '@barkeep/session-data';
import { layoutOf } from '../../../../test/support/sessions/session-layout.js';
import { Holdings, SymbolBars } from '../mirror/index.js';
import { DeliveredChain, eachBar, hexOf } from './delivered.js';
import type { DeliveredPart } from './interval-rows.js';
import type { StepBatch } from './step-rows.js';

const SLOTS = 390;
const recordsOf = (chunk: DayChunk) => chunk.bytes.subarray(recordOffset(SLOTS, 0));

/** A day with a bar in every second minute, from slot 0 on. */
const DAY = new DayChunk(SLOTS);
for (let slot = 0; slot < SLOTS; slot += 2) {
  DAY.writeBar(slot, { openTime: 0, open: 5, high: 6, low: 4, close: 5 + slot / 1_000, volume: slot }, 'streamed', 0);
}
/** A day with other bars, in every minute. */
const OTHER_DAY = new DayChunk(SLOTS);
for (let slot = 0; slot < SLOTS; slot++) {
  OTHER_DAY.writeBar(slot, { openTime: 0, open: 9, high: 9, low: 9, close: 9, volume: 9 }, 'streamed', 0);
}

/** {@link DAY} of each symbol, as a mirror holds it. A mirror with derived intervals derives their bars itself. */
function holdingsOf(symbols: string[], derivedIntervals: string[] = []) {
  const layout = layoutOf({ start: '2013-10-07', end: '2013-10-07', symbols, derivedIntervals });
  const derivedBy = derivedIntervals.length > 0 ? 'client' : 'upkeep';
  const holdings = new Holdings(layout, derivedBy);
  const symbolBars = symbols.map((symbol) => {
    const bars = new SymbolBars(symbol, 0, layout, derivedBy);
    bars.append(layout, { day: 0, interval: layout.base, records: recordsOf(DAY), fromSlot: 0, toSlot: SLOTS });
    return bars;
  });
  holdings.setSymbols(layout, symbolBars);
  return { layout, holdings };
}

/** Gives a symbol the bars of {@link OTHER_DAY} instead of its own. */
function replaceBars(layout: SessionLayout, bars: SymbolBars): void {
  bars.replaceDay(layout, { day: 0, interval: layout.base, records: recordsOf(OTHER_DAY), fromSlot: 0, toSlot: SLOTS });
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
  return { day: 0, after: grid.openTime(slot), times: [grid.closeTime(slot)], intervals: [layout.base] };
}

test('a step is hashed as documented, and steps without bars are part of the chain', () => {
  const { layout, holdings } = holdingsOf(['BB', 'A']);
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  const grid = layout.grid(0);
  const f64 = (value: number) => Buffer.from(Float64Array.of(value).buffer);
  let expectedHash = Buffer.alloc(32);
  for (let slot = 0; slot < 6; slot++) {
    const time = grid.closeTime(slot);
    const parts = chain.deliver(holdings, time, () => stepAt(layout, slot));
    const symbols = DAY.has(slot) ? ['A', 'BB'] : []; // those with a bar in this minute, sorted by name
    const barBytes = symbols.flatMap(() => [f64(grid.openTime(slot)), DAY.record(slot)]); // the same for each symbol
    const names = `1m\n${symbols.map((symbol) => `${symbol}\0`).join('')}`;
    const hashed = Buffer.concat([expectedHash, f64(time), ...barBytes, Buffer.from(names)]);
    expectedHash = createHash('sha256').update(hashed).digest();
    expect(hexOf(chain.current)).toBe(expectedHash.toString('hex'));
    expect(parts[0]!.list.rowCount).toBe(symbols.length);
    expect(barsOf(parts[0]!)).toEqual(symbols.map((symbol) => [symbol, DAY.bar(slot, grid)]));
  }
});

interface KeptStep {
  slot: number;
  part: DeliveredPart;
  /** The bars of the part when it was delivered. */
  bars: [string, ShownBar][];
  hashBefore: string;
  hashAfter: string;
}

/** Delivers each minute of the day. @returns two of every 50 steps, one with bars and one without */
function deliverDay(layout: SessionLayout, holdings: Holdings): KeptStep[] {
  const grid = layout.grid(0);
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  const kept: KeptStep[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const hashBefore = hexOf(chain.current);
    const part = chain.deliver(holdings, grid.closeTime(slot), () => stepAt(layout, slot))[0]!;
    if (slot % 50 < 2) kept.push({ slot, part, bars: barsOf(part), hashBefore, hashAfter: hexOf(chain.current) });
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
  for (const { slot, hashBefore, hashAfter } of deliverDay(layout, holdings)) {
    const continued = new DeliveredChain(hashBefore);
    continued.deliver(holdings, layout.grid(0).closeTime(slot), () => stepAt(layout, slot));
    expect(hexOf(continued.current)).toBe(hashAfter);
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

/** Names of the intervals that a step delivers: the base interval, and the derived ones that close a slot in `(from, to]`, epoch ms. */
function deliveredIn(layout: SessionLayout, from: number, to: number): string[] {
  const closing = layout.derived.filter((interval) => {
    const grid = layout.grid(0, interval);
    return grid.closedBy(to) > grid.closedBy(from);
  });
  return [layout.base, ...closing].map(({ name }) => name);
}

test.each([1, 2, 7])('a batch of steps of %i slots delivers the same as single steps', (slots) => {
  const { layout, holdings } = holdingsOf(['A', 'BB', 'C'], ['15m', '5m']);
  const batched = new DeliveredChain(NOTHING_DELIVERED);
  const single = new DeliveredChain(NOTHING_DELIVERED);
  const batch = batchOf(layout, 0, slots);
  const delivered: string[] = []; // the interval and the symbol of each bar
  let after = batch.after;
  for (const time of batch.times) {
    const from = after;
    const singleStep = single.deliver(holdings, time, () => ({ ...batch, after: from, times: [time] }));
    const batchedStep = batched.deliver(holdings, time, () => batch);
    expect(hexOf(batched.current)).toBe(hexOf(single.current));
    expect(batchedStep.map(({ interval }) => interval.name)).toEqual(deliveredIn(layout, from, time));
    expect(batchedStep.map(barsOf)).toEqual(singleStep.map(barsOf));
    for (const part of batchedStep) {
      delivered.push(...barsOf(part).map(([symbol]) => `${part.interval.name} ${symbol}`));
    }
    after = time;
  }
  const count = (name: string) => delivered.filter((found) => found === name).length;
  const deliveredMinutes = batch.times.length * slots; // steps of 7 minutes end before the day does
  expect(count('1m BB')).toBe(Math.ceil(deliveredMinutes / 2)); // every second minute has a bar
  expect(count('5m C')).toBe(Math.floor(deliveredMinutes / 5));
});

test('a change during a batch is visible in the next step', () => {
  const { layout, holdings } = holdingsOf(['A', 'BB']);
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  const grid = layout.grid(0);
  const deliver = (slot: number) => {
    const [base] = chain.deliver(holdings, grid.closeTime(slot), () => batchOf(layout, slot, 1));
    return base!.list.rowCount;
  };
  expect([0, 1, 2, 3].map(deliver)).toEqual([2, 0, 2, 0]);
  replaceBars(layout, holdings.get('BB')!); // from now on BB has a bar in every minute, and A still in every second one
  holdings.rewrites++; // as a mirror does when it has replaced bars
  expect([4, 5, 6].map(deliver)).toEqual([2, 1, 2]);
});

test('I1 intervals are delivered in the order of the batch, also when a batch starts with a later step', () => {
  const { layout, holdings } = holdingsOf(['A'], ['5m', '15m']);
  const [fiveMinutes, fifteenMinutes] = layout.derived;
  const intervals = [layout.base, fifteenMinutes!, fiveMinutes!];
  const grid = layout.grid(0);
  // A bar of 5m closes in both steps, a bar of 15m only in the second.
  const [first, second] = [grid.closeTime(4), grid.closeTime(14)];
  const batch = { day: 0, after: grid.open, times: [first, second], intervals };
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  chain.deliver(holdings, first, () => batch);
  const continued = new DeliveredChain(hexOf(chain.current));
  const parts = chain.deliver(holdings, second, () => batch);
  expect(parts.map(({ interval }) => interval)).toEqual(intervals);
  continued.deliver(holdings, second, () => ({ ...batch, after: first, times: [second] }));
  expect(hexOf(continued.current)).toBe(hexOf(chain.current));
});
