import { SilentSourceError, unlessSilent } from './silence.js';

const neverAborted = new AbortController().signal;

/** Work that never ends and makes progress when the test calls `progress`. */
function endless() {
  let started: { signal: AbortSignal; onProgress: () => void } | undefined;
  const work = (signal: AbortSignal, onProgress: () => void) => {
    started = { signal, onProgress };
    return new Promise<never>(() => undefined);
  };
  return { work, progress: () => started!.onProgress(), isAborted: () => started!.signal.aborted };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('the result of the work is passed on, and so is its error', async () => {
  await expect(unlessSilent(10, neverAborted, async () => 7)).resolves.toBe(7);
  await expect(unlessSilent(10, neverAborted, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(jest.getTimerCount()).toBe(0);
});

test('silent work times out and is aborted', async () => {
  const { work, isAborted } = endless();
  const outcome = expect(unlessSilent(60_000, neverAborted, work)).rejects.toThrow(new SilentSourceError(60_000));
  await jest.advanceTimersByTimeAsync(59_999);
  expect(isAborted()).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  await outcome;
  expect(isAborted()).toBe(true);
});

test('work that reports progress times out only after it falls silent', async () => {
  const { work, progress } = endless();
  const outcome = expect(unlessSilent(1_000, neverAborted, work)).rejects.toThrow(SilentSourceError);
  for (let i = 0; i < 20; i++) {
    progress();
    await jest.advanceTimersByTimeAsync(500);
  }
  expect(jest.getTimerCount()).toBe(1); // it still waits
  await jest.advanceTimersByTimeAsync(2_000);
  await outcome;
});

test('a stop ends the wait at once, also for work that ignores its signal', async () => {
  const stop = new AbortController();
  const { work, isAborted } = endless();
  const outcome = expect(unlessSilent(1_000, stop.signal, work)).rejects.toThrow('stop');
  stop.abort(new Error('stop'));
  await outcome;
  expect(isAborted()).toBe(true);
  expect(jest.getTimerCount()).toBe(0);
});
