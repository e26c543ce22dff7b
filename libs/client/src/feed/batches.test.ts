import { batchesOf } from './batches.js';

const never = new Promise<never>(() => undefined);

it('sends what came of a slow source without waiting for a full batch, and in order', async () => {
  const slow = async function* () {
    yield* [1, 2, 3];
    await never;
  };
  const batches = batchesOf(slow(), 2);
  expect((await batches.next()).value).toEqual({ items: [1, 2], isLast: false });
  expect((await batches.next()).value).toEqual({ items: [3], isLast: false });
});

it('ends a source that it does not go through, and waits for nothing once the signal says so', async () => {
  let isEnded = false;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => never,
      return: () => {
        isEnded = true;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
  };
  const controller = new AbortController();
  const next = batchesOf(source, 2, controller.signal).next();
  controller.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  expect(isEnded).toBe(true);
});

it('knows the last batch of what is there at once', async () => {
  const sizes: [number, boolean][] = [];
  for await (const { items, isLast } of batchesOf([1, 2, 3], 2)) sizes.push([items.length, isLast]);
  expect(sizes).toEqual([
    [2, false],
    [1, true],
  ]);
});
