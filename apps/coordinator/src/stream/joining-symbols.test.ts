import { parseSessionSpec } from '@barkeep/bars';
import { wholeSymbols } from './joining-symbols.js';

const spec = (enabled: boolean) =>
  parseSessionSpec({
    symbols: ['A'],
    start: '2013-10-07',
    end: '2013-10-08',
    source: { type: 'dataset', dataset: 'd' },
    upkeep: { enabled },
  });
const layout = (enabled = true) => ({
  spec: spec(enabled),
  end: 100,
  partitionOf: (symbol: string) => ({ A: 0, X: 1, Y: 2 })[symbol],
});
const at = (frontier: number, watermark: number) => ({ frontier, watermark, retainedFrom: 0 });

test('a symbol is complete when it is repaired up to the clock and streamed as far as the others', () => {
  const whole = (x: ReturnType<typeof at>) => wholeSymbols(layout(), [at(50, 40), x], ['X'], 30).symbols;
  expect(whole(at(50, 29))).toEqual([]);
  expect(whole(at(49, 49))).toEqual([]);
  expect(whole(at(50, 30))).toEqual(['X']);
});

test('one symbol does not wait for another, and all are complete up to the lowest of them', () => {
  const positions = [at(50, 40), at(50, 45), at(0, 0)];
  expect(wholeSymbols(layout(), positions, ['X', 'Y'], 30)).toEqual({ symbols: ['X'], wholeUpTo: 45 });
  const both = [at(50, 40), at(50, 45), at(50, 35)];
  expect(wholeSymbols(layout(), both, ['X', 'Y'], 30)).toEqual({ symbols: ['X', 'Y'], wholeUpTo: 35 });
});

test('without upkeep a symbol is complete when it is streamed', () => {
  expect(wholeSymbols(layout(false), [at(50, 0), at(50, 0)], ['X'], 50)).toEqual({ symbols: ['X'], wholeUpTo: 50 });
  expect(wholeSymbols(layout(false), [at(50, 0), at(40, 0)], ['X'], 50).symbols).toEqual([]);
});
