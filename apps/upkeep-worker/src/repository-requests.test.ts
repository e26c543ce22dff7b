/** I7 is an invariant of docs/ARCHITECTURE.md. */
import { refusalTexts } from './repository-requests.js';

test('I7 the text of refused bars names the repository, the reasons and their numbers', () => {
  const bar = (symbol: string, dataset: string, reason: string) => ({ symbol, dataset, reason });
  const texts = refusalTexts([
    bar('A', 'vendor', 'time-in-seconds'),
    bar('A', 'vendor', 'time-in-seconds'),
    bar('A', 'vendor', 'malformed'),
    bar('A', 'other', 'conflict'),
    bar('B', 'other', 'off-grid'),
  ]);
  expect(Object.fromEntries(texts)).toEqual({
    A: 'vendor answered 3 bars that were refused: time-in-seconds (2), malformed (1); other answered 1 bar that was refused: conflict (1)',
    B: 'other answered 1 bar that was refused: off-grid (1)',
  });
});
