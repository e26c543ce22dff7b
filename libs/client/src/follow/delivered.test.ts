import { createHash } from 'node:crypto';
import { DayChunk, parseSessionSpec, recordOffset } from '@barkeep/bars';
import { NOTHING_DELIVERED, SessionLayout } from '@barkeep/session-data';
import { Holdings } from '../mirror/holdings.js';
import { SymbolBars } from '../mirror/symbol-bars.js';
import { DeliveredChain, eachBar, hexOf, type DeliveredPart } from './delivered.js';

const SPEC = {
  start: '2013-10-07',
  end: '2013-10-07',
  derivedIntervals: [],
  source: { type: 'dataset', dataset: 'd' },
};

function holdingsOf(symbols: string[]) {
  const layout = new SessionLayout('s', 'i', parseSessionSpec({ ...SPEC, symbols }), 'p', 0);
  const holdings = new Holdings(layout, 'upkeep');
  const chunk = new DayChunk(390);
  for (let slot = 0; slot < 390; slot += 2) chunk.write(slot, 5, 6, 4, 5 + slot / 1_000, slot, 1, 0, 1, 1);
  holdings.setSymbols(
    layout,
    symbols.map((symbol) => {
      const bars = new SymbolBars(symbol, 0, layout, 'upkeep');
      const records = chunk.bytes.subarray(recordOffset(390, 0));
      bars.append(layout, { day: 0, interval: layout.base, records, fromSlot: 0, toSlot: 390 });
      return bars;
    }),
  );
  return { layout, holdings, chunk };
}

test('a step is hashed as documented, and empty steps are in the chain', () => {
  const { layout, holdings, chunk } = holdingsOf(['BB', 'A']);
  const chain = DeliveredChain.from(NOTHING_DELIVERED);
  const grid = layout.grid(0);
  let expected = Buffer.alloc(32);
  const f64 = (value: number) => Buffer.from(Float64Array.of(value).buffer);
  for (let slot = 0; slot < 6; slot++) {
    const time = grid.closeTime(slot);
    const { parts, bars } = chain.deliver(holdings, [layout.base], grid.openTime(slot), time);
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

test('steps stay what they are however many follow and whatever changes, and the chain goes on from any hash', () => {
  const symbols = Array.from({ length: 300 }, (_, i) => `S${1_000 + i}`);
  const { layout, holdings } = holdingsOf(symbols);
  const grid = layout.grid(0);
  const chain = DeliveredChain.from(NOTHING_DELIVERED);
  const barsOf = (part: DeliveredPart) => {
    const bars: unknown[] = [];
    eachBar(
      part,
      (open) => open + 60_000,
      (symbol, bar) => bars.push([symbol, bar]),
    );
    return bars;
  };
  const steps = Array.from({ length: 390 }, (_, slot) => {
    const before = chain.current;
    const [part] = chain.deliver(holdings, [layout.base], grid.openTime(slot), grid.closeTime(slot)).parts;
    return { slot, part: part!, before, after: hexOf(chain.current), bars: slot % 50 < 2 ? barsOf(part!) : [] };
  });
  const looked = steps.filter(({ slot }) => slot % 50 < 2);
  for (const { slot, before, after } of looked) {
    const other = DeliveredChain.from(hexOf(before));
    other.deliver(holdings, [layout.base], grid.openTime(slot), grid.closeTime(slot));
    expect(hexOf(other.current)).toBe(after);
  }
  const other = new DayChunk(390);
  for (let slot = 0; slot < 390; slot++) other.write(slot, 9, 9, 9, 9, 9, 1, 0, 1, 1);
  const records = other.bytes.subarray(recordOffset(390, 0));
  for (const bars of holdings.sorted) bars.replaceDay(layout, { day: 0, interval: layout.base, records, toSlot: 390 });
  for (const { part, bars } of looked) expect(barsOf(part)).toEqual(bars);
});
