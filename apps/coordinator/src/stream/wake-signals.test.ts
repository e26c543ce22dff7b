import { WakeSignal } from './wake-signals.js';

const neverAborted = new AbortController().signal;

describe('a wake signal', () => {
  it('gives the next wait the newest message of each kind, and a further wait none of them', async () => {
    const signal = new WakeSignal();
    signal.notify('consumer 1 1');
    signal.notify('consumer 2 1');
    signal.notify('watermark');
    expect(await signal.wait(1_000, neverAborted)).toBe(true);
    expect([...signal.messages]).toEqual([
      ['consumer', '2 1'],
      ['watermark', ''],
    ]);
    expect(await signal.wait(0, neverAborted)).toBe(false);
    expect([...signal.messages]).toEqual([]);
  });

  it('ends a wait', async () => {
    const signal = new WakeSignal();
    const waiting = signal.wait(10_000, neverAborted);
    signal.notify();
    expect(await waiting).toBe(true);
  });
});
