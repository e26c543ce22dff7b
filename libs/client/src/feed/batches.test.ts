import { batchesOf, type Batch } from './batches.js';

/** Does not settle. */
const never = new Promise<never>(() => undefined);

/** A source whose iterator has these methods. */
const sourceOf = (iterator: AsyncIterator<number>): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => iterator,
});

it('sends the items of a slow source in order, without waiting for a full batch', async () => {
  const slow = async function* () {
    yield* [1, 2, 3];
    await never;
  };
  const batches = batchesOf(slow(), 2);
  expect((await batches.next()).value).toEqual({ items: [1, 2], isLast: false });
  expect((await batches.next()).value).toEqual({ items: [3], isLast: false });
});

it('stops waiting and ends the source when the signal is aborted', async () => {
  const end = jest.fn(() => Promise.resolve({ done: true as const, value: undefined }));
  const silent = sourceOf({ next: () => never, return: end });
  const controller = new AbortController();
  const next = batchesOf(silent, 2, controller.signal).next();
  controller.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  expect(end).toHaveBeenCalledTimes(1);
});

it('marks the last batch of a synchronous source', async () => {
  const batches: Batch<number>[] = [];
  for await (const batch of batchesOf([1, 2, 3], 2)) batches.push(batch);
  expect(batches).toEqual([
    { items: [1, 2], isLast: false },
    { items: [3], isLast: true },
  ]);
});

it('yields the items that a source returned before it failed', async () => {
  const failing = function* () {
    yield* [1, 2, 3];
    throw new Error('no rows');
  };
  const asyncFailing = async function* () {
    await Promise.resolve();
    yield* failing();
  };
  for (const source of [failing(), asyncFailing()]) {
    const batches = batchesOf(source, 2);
    expect((await batches.next()).value).toEqual({ items: [1, 2], isLast: false });
    expect((await batches.next()).value).toEqual({ items: [3], isLast: false });
    await expect(batches.next()).rejects.toThrow('no rows');
  }
});

it('throws what the source throws, and does not end a source that has failed', async () => {
  const end = jest.fn();
  const failing = sourceOf({ next: () => Promise.reject(new Error('no rows')), return: end });
  await expect(batchesOf(failing, 2).next()).rejects.toThrow('no rows');
  expect(end).not.toHaveBeenCalled();
});

it('throws what the source throws while a batch is in use', async () => {
  let failSecond = (): void => undefined;
  const second = new Promise<IteratorResult<number>>((_resolve, reject) => {
    failSecond = () => reject(new Error('no rows'));
  });
  const results = [Promise.resolve({ value: 1, done: false }), second];
  const batches = batchesOf(sourceOf({ next: () => results.shift()! }), 10);
  expect((await batches.next()).value).toEqual({ items: [1], isLast: false });
  failSecond(); // before the next batch is requested
  await second.catch(() => undefined);
  await expect(batches.next()).rejects.toThrow('no rows');
});
