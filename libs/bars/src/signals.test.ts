import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { collectGarbage } from '../../../test/support/setup/collect-garbage.js';
import { anySignal } from './signals.js';

describe('a combined signal', () => {
  it('is aborted with the first of its signals, with its reason', () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const combined = anySignal([first.signal, second.signal]);
    expect(combined.aborted).toBe(false);
    second.abort(new Error('second'));
    first.abort(new Error('first'));
    expect(combined.reason).toEqual(new Error('second'));
  });

  it('is aborted by a timeout that nothing else refers to, also after garbage was collected', async () => {
    const neverAborted = new AbortController().signal;
    const combined = anySignal([neverAborted, AbortSignal.timeout(100)]);
    const aborted = once(combined, 'abort');
    for (let i = 0; i < 3; i++) {
      await delay(10);
      collectGarbage();
    }
    await aborted;
    expect(combined.reason).toMatchObject({ name: 'TimeoutError' });
  });
});
