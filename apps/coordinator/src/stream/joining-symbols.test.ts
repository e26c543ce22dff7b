import { parseSessionSpec } from '@barkeep/bars';
import { symbolsToShow } from './joining-symbols.js';

const spec = (enabled: boolean) =>
  parseSessionSpec({
    symbols: ['A'],
    start: '2013-10-07',
    end: '2013-10-08',
    source: { type: 'dataset', dataset: 'd' },
    upkeep: { enabled },
  });
/** A session of symbol A, which X and Y join. A is in partition 0, X in 1, Y in 2. */
const layout = (enabled = true) => ({
  spec: spec(enabled),
  end: 100,
  partitionOf: (symbol: string) => ({ A: 0, X: 1, Y: 2 })[symbol],
});
/** A partition that is streamed up to `frontier` and repaired up to `watermark`. */
const at = (frontier: number, watermark: number) => ({ frontier, watermark, retainedFrom: 0 });

test('a symbol is shown when it is repaired up to the clock and streamed as far as the others', () => {
  const [clock, frontier] = [30, 50];
  const shown = (positionOfX: ReturnType<typeof at>) =>
    symbolsToShow(layout(), [at(frontier, 40), positionOfX], ['X'], clock).symbols;
  expect(shown(at(frontier, clock - 1))).toEqual([]); // not repaired
  expect(shown(at(frontier - 1, 49))).toEqual([]); // repaired further than the clock, but not streamed as far
  expect(shown(at(frontier, clock))).toEqual(['X']);
});

test('a symbol that is whole is shown, although another joining symbol is not whole', () => {
  const positions = [at(50, 40), at(50, 45), at(0, 0)]; // of A, X and Y: nothing of Y is streamed
  expect(symbolsToShow(layout(), positions, ['X', 'Y'], 30)).toEqual({ symbols: ['X'], wholeUpTo: 45 });
});

test('several symbols are whole up to the lowest of their watermarks', () => {
  const positions = [at(50, 40), at(50, 45), at(50, 35)];
  expect(symbolsToShow(layout(), positions, ['X', 'Y'], 30)).toEqual({ symbols: ['X', 'Y'], wholeUpTo: 35 });
});

test('without upkeep a symbol is whole when it is streamed', () => {
  const shown = (positionOfX: ReturnType<typeof at>) =>
    symbolsToShow(layout(false), [at(50, 0), positionOfX], ['X'], 50);
  expect(shown(at(50, 0))).toEqual({ symbols: ['X'], wholeUpTo: 50 });
  expect(shown(at(40, 0)).symbols).toEqual([]);
});
