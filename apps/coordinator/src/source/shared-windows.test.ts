/** I1 and I8 are invariants of docs/ARCHITECTURE.md. */
import type { Window } from '@barkeep/session-data';
import { ChunkPool, USED_ONCE } from './chunk-pool.js';
import { type ReadWork, SharedRead } from './shared-read.js';
import { SharedWindows, type SharingSession } from './shared-windows.js';
import { SilentSourceError } from './silence.js';
import { type ReadTask, WindowRead } from './window-read.js';

const WINDOW: Window = { dayIndex: 0, fromSlot: 0, toSlot: 390, prev: 0, to: 100 };
const neverAborted = new AbortController().signal;
const noop = () => undefined;
const emptyWindow = () => new WindowRead([0], WINDOW, USED_ONCE);

/** The pool of a waiting session. Shared chunks are not from this pool, so none may be given back to it. */
class SessionPool extends ChunkPool {
  override giveBack(): never {
    throw new Error('expected shared memory to be left alone, was given back');
  }
}
const SESSION_POOL = new SessionPool(0);
/** The window of a session that waits for the shared read. */
const ownRead = () => new WindowRead([0], WINDOW, SESSION_POOL);

/** The work of a read that receives a bar, ends or fails when the test calls `receiveBar`, `end` or `failWith`. */
function gatedRead() {
  let end: () => void = noop;
  let failWith: (error: Error) => void = noop;
  const gate = new Promise<void>((resolve, reject) => {
    end = resolve;
    failWith = reject;
  });
  let started: ReadTask | undefined;
  const work = (task: ReadTask) => {
    started = task;
    return gate;
  };
  const receiveBar = (slot: number) => {
    const { into, onProgress } = started!;
    const part = into.parts[0]!;
    if (!part.chunks.has('AAA')) part.chunks.set('AAA', into.memory.take(WINDOW.toSlot));
    const bar = { openTime: 0, open: 1, high: 2, low: 0.5, close: 1, volume: 100 };
    part.chunks.get('AAA')!.writeBar(slot, bar, 'streamed', 0);
    part.bars++;
    onProgress();
  };
  return { work, receiveBar, end, failWith, isAborted: () => started!.signal.aborted };
}

/** A read of version 1 of the bars. */
const sharedRead = (work: ReadWork, onFailure = noop) => new SharedRead('1', emptyWindow(), work, onFailure);

/** Waits for a read until its end, as a session does that is not stopped. */
const waitFor = (read: SharedRead, into = ownRead()) => read.wait({ into, signal: neverAborted, onProgress: noop });

describe('a read for several sessions', () => {
  it('gives all of them the same rows, also later ones, and none returns the memory', async () => {
    const { work, receiveBar, end } = gatedRead();
    const read = sharedRead(work);
    const [a, b] = [ownRead(), ownRead()];
    const waits = [waitFor(read, a), waitFor(read, b)];
    receiveBar(3);
    end();
    await Promise.all(waits);
    expect(a.parts).toBe(b.parts);
    expect(a.bars).toBe(1);
    a.release(); // returns no memory: `b` still has its bar
    expect(b.parts[0]!.chunks.get('AAA')!.has(3)).toBe(true);
    const late = ownRead();
    await waitFor(read, late);
    expect(late.parts).toBe(a.parts);
  });

  it('continues for the others when one leaves, also the one that started it', async () => {
    const { work, receiveBar, end, isAborted } = gatedRead();
    const read = sharedRead(work);
    const first = new AbortController();
    const [a, b] = [ownRead(), ownRead()];
    const gone = read.wait({ into: a, signal: first.signal, onProgress: noop });
    const stays = waitFor(read, b);
    first.abort(new Error('stopped'));
    await expect(gone).rejects.toThrow('stopped');
    expect(isAborted()).toBe(false);
    receiveBar(7);
    end();
    await stays;
    expect([a.bars, b.bars]).toEqual([0, 1]);
  });

  it('is aborted and reported as failed when the last session leaves', async () => {
    const onFailure = jest.fn();
    const { work, isAborted } = gatedRead();
    const read = sharedRead(work, onFailure);
    const [first, second] = [new AbortController(), new AbortController()];
    const waits = [first, second].map(({ signal }) => read.wait({ into: ownRead(), signal, onProgress: noop }));
    for (const wait of waits) wait.catch(noop);
    first.abort(new Error('stopped'));
    expect(onFailure).not.toHaveBeenCalled();
    expect(isAborted()).toBe(false);
    second.abort(new Error('stopped'));
    expect(onFailure).toHaveBeenCalledTimes(1);
    expect(isAborted()).toBe(true);
    await Promise.allSettled(waits);
  });

  it('I1 leaves the rows that came to a session whose source was silent, and no later row changes them', async () => {
    const { work, receiveBar, end } = gatedRead();
    const read = sharedRead(work);
    const impatient = new AbortController();
    const [a, b] = [ownRead(), ownRead()];
    const silent = read.wait({ into: a, signal: impatient.signal, onProgress: noop });
    const patient = waitFor(read, b);
    receiveBar(1);
    impatient.abort(new SilentSourceError(10));
    receiveBar(2);
    end();
    await expect(silent).rejects.toThrow(SilentSourceError);
    await patient;
    expect([a.bars, b.bars]).toEqual([1, 2]);
    expect(a.parts[0]!.chunks.get('AAA')!.count()).toBe(1);
    a.release();
  });

  it('reports progress and failure to each of them', async () => {
    const onFailure = jest.fn();
    const { work, receiveBar, failWith } = gatedRead();
    const read = sharedRead(work, onFailure);
    const listeners = [jest.fn(), jest.fn()];
    const waits = listeners.map((onProgress) => read.wait({ into: ownRead(), signal: neverAborted, onProgress }));
    receiveBar(0);
    for (const listener of listeners) expect(listener).toHaveBeenCalledTimes(1);
    failWith(new Error('gone'));
    for (const wait of waits) await expect(wait).rejects.toThrow('gone');
    expect(onFailure).toHaveBeenCalledTimes(1);
  });
});

describe('the windows that sessions share', () => {
  const session = (content: string, awaitsUntil = 0): SharingSession => ({ content, from: 0, to: 1000, awaitsUntil });
  /** Two sessions over the same bars. */
  const [a, b] = [session('same'), session('same')];
  const done = async () => undefined;
  /** A request of the first session for a window of 100 bytes. */
  const wanted = (name: string, version = '1') => ({ session: a, name, version, bytes: 100 });
  const onShared = jest.fn();
  let shared: SharedWindows;

  beforeEach(() => {
    jest.useFakeTimers();
    onShared.mockReset();
    const maxBytes = 250; // two windows fit
    shared = new SharedWindows(maxBytes, onShared);
    shared.register(a);
    shared.register(b);
  });
  afterEach(() => jest.useRealTimers());
  /** Joins the read of a window, or starts it; a read that is started ends at once. */
  const join = (name: string, version?: string) => shared.join(wanted(name, version), emptyWindow(), done);

  /** Whether a session wants the window that ends at `to`. */
  const isWanted = (by: SharingSession, { to = 100, bytes = 100 } = {}) => shared.isWanted(by, to, bytes);

  it('are wanted when another session streams the same bars on that day and the window fits', () => {
    const lone = session('other');
    shared.register(lone);
    expect(isWanted(a)).toBe(true);
    expect(isWanted(lone)).toBe(false);
    expect(isWanted(a, { to: 1001 })).toBe(false); // after the end of both
    expect(isWanted(a, { bytes: 251 })).toBe(false); // larger than the limit
    shared.leave(b);
    expect(isWanted(a)).toBe(false);
  });

  it('are kept for a while for sessions that are about to start, also when the first one has ended', () => {
    const early = session('early', performance.now() + 10_000);
    shared.register(early);
    const joinEarly = () => shared.join({ ...wanted('monday'), session: early }, emptyWindow(), done);
    const monday = joinEarly();
    expect(isWanted(early)).toBe(true);
    shared.leave(early);
    expect(joinEarly()).toBe(monday);
    jest.advanceTimersByTime(10_000);
    expect(isWanted(early)).toBe(false);
  });

  it('are found by their name and version', () => {
    const read = join('monday');
    expect(join('monday')).toBe(read);
    expect(join('tuesday')).not.toBe(read);
    const newer = join('monday', '2');
    expect(newer).not.toBe(read);
    expect(join('monday', '2')).toBe(newer);
    expect(onShared).toHaveBeenCalledTimes(2); // for the second `monday` of each version
  });

  it('I8 are bounded in bytes: the least recently used one is evicted', () => {
    const [monday, tuesday] = [join('monday'), join('tuesday')];
    expect(join('monday')).toBe(monday);
    join('wednesday');
    expect(join('monday')).toBe(monday);
    expect(join('tuesday')).not.toBe(tuesday);
  });

  it('I8 are evicted when they are unused for long', () => {
    const monday = join('monday');
    jest.advanceTimersByTime(9_000);
    expect(join('monday')).toBe(monday);
    jest.advanceTimersByTime(30_000);
    expect(join('monday')).not.toBe(monday);
  });

  it('I8 are evicted with the last session over the same bars', () => {
    const monday = join('monday');
    shared.leave(a);
    expect(join('monday')).toBe(monday);
    shared.leave(b);
    shared.register(a);
    expect(join('monday')).not.toBe(monday);
  });

  it('that failed are read again', async () => {
    const failing = shared.join(wanted('monday'), emptyWindow(), () => Promise.reject(new Error('gone')));
    await expect(waitFor(failing)).rejects.toThrow('gone');
    const next = join('monday');
    expect(next).not.toBe(failing);
    await waitFor(next);
    expect(onShared).not.toHaveBeenCalled();
  });

  it('are not removed by the failure of an older version that they replaced', async () => {
    const { work, failWith } = gatedRead();
    const old = shared.join(wanted('monday', '1'), emptyWindow(), work);
    const newer = join('monday', '2');
    failWith(new Error('gone'));
    await expect(waitFor(old)).rejects.toThrow('gone');
    expect(join('monday', '2')).toBe(newer);
  });
});
