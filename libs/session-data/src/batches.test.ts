import { atLeastOneBatch, inBatches } from './batches.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('batches', () => {
  it.each([
    [0, []],
    [1, [1]],
    [3, [3]],
    [4, [3, 1]],
    [6, [3, 3]],
    [7, [3, 3, 1]],
  ])('of %i items, at most 3 in each, have the sizes %j', (count, sizes) => {
    const batches = [...inBatches(numbers(count), 3)];
    expect(batches.map((batch) => batch.length)).toEqual(sizes);
    expect(batches.flat()).toEqual(numbers(count));
    expect(atLeastOneBatch(numbers(count), 3)).toEqual(count === 0 ? [[]] : batches);
  });

  it('take the next item only when the caller wants it', () => {
    const taken: number[] = [];
    function* items(): Generator<number> {
      for (let i = 0; ; i++) {
        taken.push(i);
        yield i;
      }
    }
    for (const batch of inBatches(items(), 2)) {
      expect(batch).toEqual([0, 1]);
      break;
    }
    expect(taken).toEqual([0, 1]);
  });
});
