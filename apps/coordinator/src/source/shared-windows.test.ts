/** I8 is an invariant of docs/ARCHITECTURE.md. */
import type { Window } from '@barkeep/session-data';
import { latch } from '../../../../test/support/setup/latch.js';
import { USED_ONCE } from './chunk-pool.js';
import type { SharedRead } from './shared-read.js';
import { SharedWindows, type SharingSession } from './shared-windows.js';
import { WindowRead } from './window-read.js';

const WINDOW: Window = { dayIndex: 0, fromSlot: 0, toSlot: 390, prev: 0, to: 100 };
const emptyWindow = () => new WindowRead([0], WINDOW, USED_ONCE);
const neverAborted = new AbortController().signal;
/** Waits for the end of a read. */
const endOf = (read: SharedRead) =>
  read.wait({ into: emptyWindow(), signal: neverAborted, onProgress: () => undefined });

/**
 * A session that streams the times `[0, 1000)`. @param content names its bars: sessions with equal content stream the same bars
 * @param awaitsUntil until then, as `performance.now()`, other sessions over the same bars may be about to start
 */
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

test('shared windows are wanted when another session streams the same bars on that day and the window fits', () => {
  const lone = session('other');
  shared.register(lone);
  expect(isWanted(a)).toBe(true);
  expect(isWanted(lone)).toBe(false);
  expect(isWanted(a, { to: 1001 })).toBe(false); // after the end of both sessions
  expect(isWanted(a, { bytes: 251 })).toBe(false); // larger than the limit
  shared.leave(b);
  expect(isWanted(a)).toBe(false);
});

test('shared windows are kept for a while for sessions that are about to start, also when the first one has ended', () => {
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

test('shared windows are found by their name and version', () => {
  const read = join('monday');
  expect(join('monday')).toBe(read);
  expect(join('tuesday')).not.toBe(read);
  const newer = join('monday', '2');
  expect(newer).not.toBe(read);
  expect(join('monday', '2')).toBe(newer);
  expect(onShared).toHaveBeenCalledTimes(2); // by the second `join('monday')` of each version
});

test('I8 shared windows are bounded in bytes: the least recently used one is evicted', () => {
  const [monday, tuesday] = [join('monday'), join('tuesday')];
  expect(join('monday')).toBe(monday);
  join('wednesday');
  expect(join('monday')).toBe(monday);
  expect(join('tuesday')).not.toBe(tuesday);
});

test('I8 shared windows are evicted when they are unused for long', () => {
  const monday = join('monday');
  jest.advanceTimersByTime(9_000);
  expect(join('monday')).toBe(monday);
  jest.advanceTimersByTime(30_000);
  expect(join('monday')).not.toBe(monday);
});

test('I8 shared windows are evicted with the last session over the same bars', () => {
  const monday = join('monday');
  shared.leave(a);
  expect(join('monday')).toBe(monday);
  shared.leave(b);
  shared.register(a);
  expect(join('monday')).not.toBe(monday);
});

test('shared windows that failed are read again', async () => {
  const failing = shared.join(wanted('monday'), emptyWindow(), () => Promise.reject(new Error('gone')));
  await expect(endOf(failing)).rejects.toThrow('gone');
  const next = join('monday');
  expect(next).not.toBe(failing);
  await endOf(next);
  expect(onShared).not.toHaveBeenCalled();
});

test('shared windows are not removed by the failure of an older version that they replaced', async () => {
  const gate = latch();
  const failLate = async () => {
    await gate.opened;
    throw new Error('gone');
  };
  const old = shared.join(wanted('monday', '1'), emptyWindow(), failLate);
  const newer = join('monday', '2');
  gate.open();
  await expect(endOf(old)).rejects.toThrow('gone');
  expect(join('monday', '2')).toBe(newer);
});
