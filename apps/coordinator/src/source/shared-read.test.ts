/** I1 is an invariant of docs/ARCHITECTURE.md. */
import type { Window } from '@barkeep/session-data';
import { ChunkPool, USED_ONCE } from './chunk-pool.js';
import { SharedRead } from './shared-read.js';
import { SilentSourceError } from './silence.js';
import { type ReadTask, WindowRead } from './window-read.js';

const WINDOW: Window = { dayIndex: 0, fromSlot: 0, toSlot: 390, prev: 0, to: 100 };
const noop = () => undefined;

/** The pool of a waiting session. Shared chunks are not from this pool, so none may be given back to it. */
class SessionPool extends ChunkPool {
  override giveBack(): never {
    throw new Error('expected shared memory to be left alone, was given back');
  }
}
const SESSION_POOL = new SessionPool(0);

/** A shared read that receives a bar, ends or fails when the test calls `receiveBar`, `end` or `failWith`. */
function startRead() {
  let started: ReadTask | undefined;
  let end: () => void = noop;
  let failWith: (error: Error) => void = noop;
  const work = (task: ReadTask) => {
    started = task;
    return new Promise<void>((resolve, reject) => ([end, failWith] = [resolve, reject]));
  };
  const onFailure = jest.fn();
  const read = new SharedRead('version', new WindowRead([0], WINDOW, USED_ONCE), work, onFailure);
  const receiveBar = (slot: number) => {
    const { into, onProgress } = started!;
    const part = into.parts[0]!;
    if (!part.chunks.has('AAA')) part.chunks.set('AAA', into.memory.take(WINDOW.toSlot));
    const bar = { openTime: 0, open: 1, high: 2, low: 0.5, close: 1, volume: 100 };
    part.chunks.get('AAA')!.writeBar(slot, bar, 'streamed', 0);
    part.bars++;
    onProgress();
  };
  const isAborted = () => started!.signal.aborted;
  return { read, onFailure, receiveBar, end, failWith, isAborted };
}

/** A session that waits for a shared read. `stop` ends its wait with an error, and `into` receives the bars. */
function waitingFor(read: SharedRead, onProgress: () => void = noop) {
  const stopping = new AbortController();
  const into = new WindowRead([0], WINDOW, SESSION_POOL);
  const wait = read.wait({ into, signal: stopping.signal, onProgress });
  wait.catch(noop); // a test looks at the outcome later
  return { into, wait, stop: (error: Error) => stopping.abort(error) };
}

test('all sessions get the same rows, also a session that comes later, and none gives the memory back', async () => {
  const { read, receiveBar, end } = startRead();
  const [first, second] = [waitingFor(read), waitingFor(read)];
  receiveBar(3);
  end();
  await Promise.all([first.wait, second.wait]);
  expect(first.into.parts).toBe(second.into.parts);
  expect(first.into.bars).toBe(1);
  first.into.release(); // gives no memory back: the second session still has its bar
  expect(second.into.parts[0]!.chunks.get('AAA')!.has(3)).toBe(true);
  const late = waitingFor(read);
  await late.wait;
  expect(late.into.parts).toBe(first.into.parts);
});

test('a read continues for the other sessions when the session that started it leaves', async () => {
  const { read, receiveBar, end, isAborted } = startRead();
  const [leaves, stays] = [waitingFor(read), waitingFor(read)];
  leaves.stop(new Error('stopped'));
  await expect(leaves.wait).rejects.toThrow('stopped');
  expect(isAborted()).toBe(false);
  receiveBar(7);
  end();
  await stays.wait;
  expect([leaves.into.bars, stays.into.bars]).toEqual([0, 1]);
});

test('a read is aborted and reported as failed when the last session leaves', () => {
  const { read, onFailure, isAborted } = startRead();
  const [first, second] = [waitingFor(read), waitingFor(read)];
  first.stop(new Error('stopped'));
  expect(onFailure).not.toHaveBeenCalled();
  expect(isAborted()).toBe(false);
  second.stop(new Error('stopped'));
  expect(onFailure).toHaveBeenCalledTimes(1);
  expect(isAborted()).toBe(true);
});

test('I1 a session whose source was silent keeps the rows that came, and no later row changes them', async () => {
  const { read, receiveBar, end } = startRead();
  const [impatient, patient] = [waitingFor(read), waitingFor(read)];
  receiveBar(1);
  impatient.stop(new SilentSourceError(10));
  receiveBar(2);
  end();
  await expect(impatient.wait).rejects.toThrow(SilentSourceError);
  await patient.wait;
  expect([impatient.into.bars, patient.into.bars]).toEqual([1, 2]);
  expect(impatient.into.parts[0]!.chunks.get('AAA')!.count()).toBe(1);
  impatient.into.release(); // gives nothing back to its pool: its rows are a copy in other memory
});

test('progress and failure are reported to each session', async () => {
  const { read, onFailure, receiveBar, failWith } = startRead();
  const listeners = [jest.fn(), jest.fn()];
  const sessions = listeners.map((onProgress) => waitingFor(read, onProgress));
  receiveBar(0);
  for (const listener of listeners) expect(listener).toHaveBeenCalledTimes(1);
  failWith(new Error('gone'));
  for (const { wait } of sessions) await expect(wait).rejects.toThrow('gone');
  expect(onFailure).toHaveBeenCalledTimes(1);
});
