import { WakeSignal } from './wake-signals.js';

const never = new AbortController().signal;

describe('a wake signal', () => {
  it('remembers the messages between two waits, the newest of each kind', async () => {
    const signal = new WakeSignal();
    signal.wake('consumer 1 1');
    signal.wake('consumer 2 1');
    signal.wake('watermark');
    expect(await signal.wait(1_000, never)).toBe(true);
    expect([...signal.messages]).toEqual([
      ['consumer', '2 1'],
      ['watermark', ''],
    ]);
    expect(await signal.wait(0, never)).toBe(false);
    expect([...signal.messages]).toEqual([]);
  });

  it('ends a wait', async () => {
    const signal = new WakeSignal();
    const waiting = signal.wait(10_000, never);
    signal.wake();
    expect(await waiting).toBe(true);
  });
});
