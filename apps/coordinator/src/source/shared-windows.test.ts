import type { Window } from '@barkeep/session-data';
import { SharedRead } from './shared-read.js';
import { SharedWindows, type SharingReader } from './shared-windows.js';
import { SilentSourceError } from './silence.js';
import { USED_ONCE, WindowRead } from './window-read.js';

const WINDOW: Window = { dayIndex: 0, fromSlot: 0, toSlot: 390, prev: 0, to: 100 };
const never = new AbortController().signal;
const nobody = () => undefined;
const nothing = () => new WindowRead([0], WINDOW, USED_ONCE);

function expectNothing(): never {
  throw new Error('expected memory of others to be left alone, was given back');
}
/** Memory that must not be given anything. */
const OWN = { ...USED_ONCE, giveBack: expectNothing };
const ownRead = () => new WindowRead([0], WINDOW, OWN);

/** A read that goes on, and ends, when told to. */
function gatedRead() {
  let end: () => void = nobody;
  let failRead: (error: Error) => void = nobody;
  const gate = new Promise<void>((resolve, reject) => ([end, failRead] = [resolve, reject]));
  let told: { into: WindowRead; signal: AbortSignal; heard: () => void } | undefined;
  const work = (into: WindowRead, signal: AbortSignal, heard: () => void) => {
    told = { into, signal, heard };
    return gate;
  };
  const bar = (slot: number) => {
    const { into, heard } = told!;
    const { chunks } = into.parts[0]!;
    if (!chunks.has('AAA')) chunks.set('AAA', into.newChunk(390));
    chunks.get('AAA')!.write(slot, 1, 2, 0.5, 1, 100, 1, 0, 1, 1);
    into.parts[0]!.bars++;
    heard();
  };
  return { work, bar, end, fail: failRead, isGivenUp: () => told!.signal.aborted };
}

describe('a read for several sessions', () => {
  it('gives all of them the same rows, and nobody gives the memory back', async () => {
    const { work, bar, end } = gatedRead();
    const read = new SharedRead('1', nothing(), work, nobody);
    const [a, b] = [ownRead(), ownRead()];
    const waits = [read.wait(a, never, nobody), read.wait(b, never, nobody)];
    bar(3);
    end();
    await Promise.all(waits);
    expect(a.parts).toBe(b.parts);
    expect(a.bars).toBe(1);
    a.release();
    expect(b.parts[0]!.chunks.get('AAA')!.has(3)).toBe(true);
    const late = ownRead();
    await read.wait(late, never, nobody);
    expect(late.parts).toBe(a.parts);
  });

  it('goes on for the others when one no longer wants it, also the one that began it', async () => {
    const { work, bar, end, isGivenUp } = gatedRead();
    const read = new SharedRead('1', nothing(), work, nobody);
    const first = new AbortController();
    const [a, b] = [ownRead(), ownRead()];
    const gone = read.wait(a, first.signal, nobody);
    const stays = read.wait(b, never, nobody);
    first.abort(new Error('stopped'));
    await expect(gone).rejects.toThrow('stopped');
    expect(isGivenUp()).toBe(false);
    bar(7);
    end();
    await stays;
    expect([a.bars, b.bars]).toEqual([0, 1]);
  });

  it('is given up, and found no more, when nobody wants it', async () => {
    const ended = jest.fn();
    const { work, isGivenUp } = gatedRead();
    const read = new SharedRead('1', nothing(), work, ended);
    const [first, second] = [new AbortController(), new AbortController()];
    const waits = [first, second].map(({ signal }) => read.wait(ownRead(), signal, nobody));
    for (const wait of waits) wait.catch(nobody);
    first.abort(new Error('stopped'));
    expect([ended.mock.calls.length, isGivenUp()]).toEqual([0, false]);
    second.abort(new Error('stopped'));
    expect([ended.mock.calls.length, isGivenUp()]).toEqual([1, true]);
    await Promise.allSettled(waits);
  });

  it('I1 leaves one for whom the source was silent what came, which no later row changes', async () => {
    const { work, bar, end } = gatedRead();
    const read = new SharedRead('1', nothing(), work, nobody);
    const impatient = new AbortController();
    const [a, b] = [ownRead(), ownRead()];
    const silent = read.wait(a, impatient.signal, nobody);
    const patient = read.wait(b, never, nobody);
    bar(1);
    impatient.abort(new SilentSourceError(10));
    bar(2);
    end();
    await expect(silent).rejects.toThrow(SilentSourceError);
    await patient;
    expect([a.bars, b.bars]).toEqual([1, 2]);
    expect(a.parts[0]!.chunks.get('AAA')!.count()).toBe(1);
    a.release();
  });

  it('tells each of them when something comes, and each of them when it fails', async () => {
    const ended = jest.fn();
    const { work, bar, fail: failRead } = gatedRead();
    const read = new SharedRead('1', nothing(), work, ended);
    const heard = [jest.fn(), jest.fn()];
    const waits = heard.map((listener) => read.wait(ownRead(), never, listener));
    bar(0);
    expect(heard.map((listener) => listener.mock.calls.length)).toEqual([1, 1]);
    failRead(new Error('gone'));
    for (const wait of waits) await expect(wait).rejects.toThrow('gone');
    expect(ended).toHaveBeenCalledTimes(1);
  });
});

describe('the windows that sessions share', () => {
  const reader = (what: string, awaitsUntil = 0): SharingReader => ({ what, from: 0, to: 1000, awaitsUntil });
  const [a, b] = [reader('same'), reader('same')];
  const done = async () => undefined;
  const wanted = (name: string, version = '1', bytes = 100) => ({ reader: a, name, version, bytes });
  const found = jest.fn();
  let shared: SharedWindows;

  beforeEach(() => {
    jest.useFakeTimers();
    found.mockReset();
    shared = new SharedWindows(250, found);
    shared.register(a);
    shared.register(b);
  });
  afterEach(() => jest.useRealTimers());
  const join = (name: string, version?: string) => shared.join(wanted(name, version), nothing, done);

  it('are wanted when another one streams the same on that day', () => {
    const lone = reader('other');
    shared.register(lone);
    expect(shared.isWanted(a, 100, 100)).toBe(true);
    expect(shared.isWanted(lone, 100, 100)).toBe(false);
    expect(shared.isWanted(a, 1001, 100)).toBe(false);
    expect(shared.isWanted(a, 100, 251)).toBe(false);
    shared.leave(b);
    expect(shared.isWanted(a, 100, 100)).toBe(false);
  });

  it('are kept for a while for those that are about to begin, also when the first one is through', () => {
    const early = reader('early', performance.now() + 10_000);
    shared.register(early);
    const joinEarly = () => shared.join({ ...wanted('monday'), reader: early }, nothing, done);
    const monday = joinEarly();
    expect(shared.isWanted(early, 100, 100)).toBe(true);
    shared.leave(early);
    expect(joinEarly()).toBe(monday);
    jest.advanceTimersByTime(10_000);
    expect(shared.isWanted(early, 100, 100)).toBe(false);
  });

  it('are found by their name, as long as the version is the same', () => {
    const read = join('monday');
    expect(join('monday')).toBe(read);
    expect(join('tuesday')).not.toBe(read);
    const newer = join('monday', '2');
    expect(newer).not.toBe(read);
    expect(join('monday', '2')).toBe(newer);
    expect(found).toHaveBeenCalledTimes(2);
  });

  it('I8 are bounded in bytes: what was asked for least recently goes', () => {
    const [monday, tuesday] = [join('monday'), join('tuesday')];
    expect(join('monday')).toBe(monday);
    join('wednesday');
    expect(join('monday')).toBe(monday);
    expect(join('tuesday')).not.toBe(tuesday);
  });

  it('I8 go when nobody asks for them for long, and with the last session', () => {
    const monday = join('monday');
    jest.advanceTimersByTime(9_000);
    expect(join('monday')).toBe(monday);
    jest.advanceTimersByTime(30_000);
    const again = join('monday');
    expect(again).not.toBe(monday);
    shared.leave(a);
    expect(join('monday')).toBe(again);
    shared.leave(b);
    shared.register(a);
    expect(join('monday')).not.toBe(again);
  });

  it('that failed are read anew', async () => {
    const failing = shared.join(wanted('monday'), nothing, () => Promise.reject(new Error('gone')));
    await expect(failing.wait(ownRead(), never, nobody)).rejects.toThrow('gone');
    const next = join('monday');
    expect(next).not.toBe(failing);
    await next.wait(ownRead(), never, nobody);
    expect(found).not.toHaveBeenCalled();
  });

  it('a read that was replaced by one of a newer version takes nothing with it when it fails', async () => {
    const { work, fail: failRead } = gatedRead();
    const old = shared.join(wanted('monday', '1'), nothing, work);
    const newer = join('monday', '2');
    failRead(new Error('gone'));
    await expect(old.wait(ownRead(), never, nobody)).rejects.toThrow('gone');
    expect(join('monday', '2')).toBe(newer);
  });
});
