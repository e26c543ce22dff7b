/** Chronological merge of many streams into one, with a binary heap: O(log k) an item, one item of each held. Pure. */

interface Head<T> {
  item: T;
  time: number;
  source: number;
  rest: Iterator<T>;
}

/** Raised when a stream that is to be merged goes back in time. */
export class UnorderedStreamError extends Error {
  override readonly name = 'UnorderedStreamError';
  constructor(
    readonly source: number,
    after: number,
    was: number,
  ) {
    super(`stream ${source}: expected a time of at least ${after}, was ${was}`);
  }
}

const before = (a: { time: number; source: number }, b: { time: number; source: number }) =>
  a.time < b.time || (a.time === b.time && a.source < b.source);

/**
 * Merges streams, each already in time order, into one in time order. Equal times come in the order of the streams.
 * @throws UnorderedStreamError when a stream goes back in time
 */
export function* mergeByTime<T>(streams: readonly Iterable<T>[], timeOf: (item: T) => number): Generator<T> {
  const heap: Head<T>[] = [];
  streams.forEach((stream, source) => {
    const rest = stream[Symbol.iterator]();
    const first = rest.next();
    if (!first.done) heap.push({ item: first.value, time: timeOf(first.value), source, rest });
  });
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap, at);
  while (heap.length > 0) {
    const top = heap[0]!;
    yield top.item;
    const next = top.rest.next();
    if (next.done) {
      const last = heap.pop()!;
      if (heap.length > 0) heap[0] = last;
    } else {
      const time = timeOf(next.value);
      if (time < top.time) throw new UnorderedStreamError(top.source, top.time, time);
      top.item = next.value;
      top.time = time;
    }
    sink(heap, 0);
  }
}

function sink<T>(heap: Head<T>[], from: number): void {
  for (let at = from; ;) {
    const left = 2 * at + 1;
    let least = at;
    if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
    if (left + 1 < heap.length && before(heap[left + 1]!, heap[least]!)) least = left + 1;
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least]!, heap[at]!];
    at = least;
  }
}
