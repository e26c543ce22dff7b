import { createHash } from 'node:crypto';
import { DayChunk, parseSessionSpec, recordOffset, type ShownBar } from '@barkeep/bars';
import { NOTHING_DELIVERED, SessionLayout } from '@barkeep/session-data';
import { type DerivedBy, Holdings, SymbolBars } from '../mirror/index.js';
import { DeliveredChain, eachBar, hexOf } from './delivered.js';
import type { DeliveredPart, StepRun } from './step-rows.js';

const SPEC = {
  start: '2013-10-07',
  end: '2013-10-07',
  derivedIntervals: [],
  source: { type: 'dataset', dataset: 'd' },
};

function holdingsOf(
  symbols: string[],
  { derivedBy = 'upkeep', ...spec }: { derivedBy?: DerivedBy; derivedIntervals?: string[] } = {},
) {
  const layout = new SessionLayout('s', 'i', parseSessionSpec({ ...SPEC, ...spec, symbols }), 'p', 0);
  const holdings = new Holdings(layout, derivedBy);
  const chunk = new DayChunk(390);
  for (let slot = 0; slot < 390; slot += 2) chunk.write(slot, 5, 6, 4, 5 + slot / 1_000, slot, 1, 0, 1, 1);
  holdings.setSymbols(
    layout,
    symbols.map((symbol) => {
      const bars = new SymbolBars(symbol, 0, layout, derivedBy);
      const records = chunk.bytes.subarray(recordOffset(390, 0));
      bars.append(layout, { day: 0, interval: layout.base, records, fromSlot: 0, toSlot: 390 });
      return bars;
    }),
  );
  return { layout, holdings, chunk };
}

function barsOf(part: DeliveredPart): [string, ShownBar][] {
  const bars: [string, ShownBar][] = [];
  eachBar(
    part,
    (open) => open + 60_000,
    (symbol, bar) => bars.push([symbol, bar]),
  );
  return bars;
}

/** A run of one step: the minute of one slot. */
function stepAt(layout: SessionLayout, slot: number): StepRun {
  const grid = layout.grid(0);
  const { base } = layout;
  return { day: 0, after: grid.openTime(slot), times: [grid.closeTime(slot)], intervals: [base] };
}

test('hashes a step as documented, and includes empty steps in the chain', () => {
  const { layout, holdings, chunk } = holdingsOf(['BB', 'A']);
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  const grid = layout.grid(0);
  let expected = Buffer.alloc(32);
  const f64 = (value: number) => Buffer.from(Float64Array.of(value).buffer);
  for (let slot = 0; slot < 6; slot++) {
    const time = grid.closeTime(slot);
    const { parts, bars } = chain.deliver(holdings, time, () => stepAt(layout, slot));
    const sha = createHash('sha256').update(expected).update(f64(time));
    const names = slot % 2 === 0 ? ['A', 'BB'] : [];
    for (const _ of names) sha.update(f64(grid.openTime(slot))).update(chunk.record(slot));
    sha.update('1m\n').update(names.map((name) => `${name}\0`).join(''));
    expected = sha.digest();
    expect(hexOf(chain.current)).toBe(expected.toString('hex'));
    expect(bars).toBe(slot % 2 === 0 ? 2 : 0);
    const seen: unknown[] = [];
    eachBar(
      parts[0]!,
      (open) => open + 60_000,
      (symbol, bar) => seen.push([symbol, bar]),
    );
    expect(seen).toEqual(slot % 2 === 0 ? ['A', 'BB'].map((name) => [name, chunk.bar(slot, grid)]) : []);
  }
});

test('a kept step does not change after later steps and changes, and the chain continues from any hash', () => {
  const symbols = Array.from({ length: 300 }, (_, i) => `S${1_000 + i}`);
  const { layout, holdings } = holdingsOf(symbols);
  const grid = layout.grid(0);
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  const steps = Array.from({ length: 390 }, (_, slot) => {
    const before = chain.current;
    const [part] = chain.deliver(holdings, grid.closeTime(slot), () => stepAt(layout, slot)).parts;
    return { slot, part: part!, before, after: hexOf(chain.current), bars: slot % 50 < 2 ? barsOf(part!) : [] };
  });
  const inspected = steps.filter(({ slot }) => slot % 50 < 2);
  for (const { slot, before, after } of inspected) {
    const other = new DeliveredChain(hexOf(before));
    other.deliver(holdings, grid.closeTime(slot), () => stepAt(layout, slot));
    expect(hexOf(other.current)).toBe(after);
  }
  const other = new DayChunk(390);
  for (let slot = 0; slot < 390; slot++) other.write(slot, 9, 9, 9, 9, 9, 1, 0, 1, 1);
  const records = other.bytes.subarray(recordOffset(390, 0));
  for (const bars of holdings.sorted) bars.replaceDay(layout, { day: 0, interval: layout.base, records, toSlot: 390 });
  for (const { part, bars } of inspected) expect(barsOf(part)).toEqual(bars);
});

/** Steps of `slots` slots each, up to the end of the day. */
function runOf(layout: SessionLayout, from: number, slots: number): StepRun {
  const grid = layout.grid(0);
  const times: number[] = [];
  for (let slot = from + slots; slot <= grid.slotCount; slot += slots) times.push(grid.closeTime(slot - 1));
  const after = from === 0 ? grid.open : grid.closeTime(from - 1);
  return { day: 0, after, times, intervals: [layout.base, ...layout.derived] };
}

/** Names of the intervals that have a slot closing in `(from, to]`, the base interval first. */
function closingIn(layout: SessionLayout, from: number, to: number): string[] {
  const closing = layout.derived.filter((interval) => {
    const grid = layout.grid(0, interval);
    return grid.closedBy(to) > grid.closedBy(from);
  });
  return [layout.base, ...closing].map(({ name }) => name);
}

test.each([1, 2, 7])('a run of steps of %i slots delivers the same as single steps', (slots) => {
  const { layout, holdings } = holdingsOf(['A', 'BB', 'C'], { derivedIntervals: ['15m', '5m'], derivedBy: 'client' });
  const [together, alone] = [new DeliveredChain(NOTHING_DELIVERED), new DeliveredChain(NOTHING_DELIVERED)];
  const all = runOf(layout, 0, slots);
  const seen: string[] = [];
  all.times.forEach((time, i) => {
    const after = i === 0 ? all.after : all.times[i - 1]!;
    const one = alone.deliver(holdings, time, () => ({ ...all, after, times: [time] }));
    const many = together.deliver(holdings, time, () => all);
    expect(hexOf(together.current)).toBe(hexOf(alone.current));
    expect(many.bars).toBe(one.bars);
    expect(many.parts.map(({ interval }) => interval.name)).toEqual(closingIn(layout, after, time));
    many.parts.forEach((part, place) => {
      expect(barsOf(part)).toEqual(barsOf(one.parts[place]!));
      seen.push(...barsOf(part).map(([symbol]) => `${part.interval.name} ${symbol}`));
    });
  });
  const count = (name: string) => seen.filter((found) => found === name).length;
  // Every second minute has a bar. Longer steps end before the day does, so its last minutes are not delivered.
  expect(count('1m BB')).toBe(Math.ceil((all.times.length * slots) / 2));
  expect(count('5m C')).toBe(Math.floor((all.times.length * slots) / 5));
});

test('a change during a run is visible in the next step', () => {
  const { layout, holdings } = holdingsOf(['A', 'BB']);
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  const grid = layout.grid(0);
  const deliver = (slot: number) => chain.deliver(holdings, grid.closeTime(slot), () => runOf(layout, slot, 1)).bars;
  expect([0, 1, 2, 3].map(deliver)).toEqual([2, 0, 2, 0]);
  const other = new DayChunk(390);
  for (let slot = 0; slot < 390; slot++) other.write(slot, 9, 9, 9, 9, 9, 1, 0, 1, 1);
  const records = other.bytes.subarray(recordOffset(390, 0));
  holdings.sorted[1]!.replaceDay(layout, { day: 0, interval: layout.base, records, toSlot: 390 });
  holdings.rewrites++;
  expect([4, 5, 6].map(deliver)).toEqual([2, 1, 2]);
});

test('I1 intervals are delivered in order, wherever a run of steps starts', () => {
  const { layout, holdings } = holdingsOf(['A'], { derivedIntervals: ['5m', '15m'], derivedBy: 'client' });
  const [short, long] = layout.derived;
  const [grid, base] = [layout.grid(0), layout.base];
  const intervals = [base, long!, short!];
  const [first, second] = [grid.closeTime(4), grid.closeTime(14)];
  const run = { day: 0, after: grid.open, times: [first, second], intervals };
  const chain = new DeliveredChain(NOTHING_DELIVERED);
  chain.deliver(holdings, first, () => run);
  const alone = new DeliveredChain(hexOf(chain.current));
  const { parts } = chain.deliver(holdings, second, () => run);
  expect(parts.map(({ interval }) => interval)).toEqual(intervals);
  alone.deliver(holdings, second, () => ({ ...run, after: first, times: [second] }));
  expect(hexOf(alone.current)).toBe(hexOf(chain.current));
});
