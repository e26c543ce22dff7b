/** I7 is an invariant of docs/ARCHITECTURE.md. */
import { refusalText } from './refused-bars.js';

test('I7 the text of refused bars names the repository, the reasons and their numbers', () => {
  const bar = (dataset: string, reason: string) => ({ dataset, reason });
  const refused = [
    bar('vendor', 'time-in-seconds'),
    bar('other', 'conflict'),
    bar('vendor', 'malformed'),
    bar('vendor', 'time-in-seconds'),
  ];
  expect(refusalText(refused)).toBe(
    'vendor answered 3 bars that were refused: time-in-seconds (2), malformed (1); other answered 1 bar that was refused: conflict (1)',
  );
  expect(refusalText([])).toBe('');
});
