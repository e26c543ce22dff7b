/**
 * A schedule is a session with faults. The runner first runs an undisturbed session of the same kind, without faults, for comparison. This
 * test checks that nothing runs on when the undisturbed session fails.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../support/system/api.js';
import type { Lab } from './lab/lab.js';
import { Runner } from './runner.js';
import { SessionUnderTest } from './session.js';

afterEach(() => jest.restoreAllMocks());

test('when the undisturbed session fails, the run rejects, and its coordinators are no longer watched', async () => {
  jest.spyOn(SessionUnderTest.prototype, 'begin').mockResolvedValue();
  jest.spyOn(SessionUnderTest.prototype, 'status').mockResolvedValue({ state: 'failed', error: 'broken' } as Session);
  const healthChecks = jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response());
  const coordinator = { isLive: true, url: 'http://127.0.0.1:1' };
  const lab = { coordinators: [coordinator], redis: { session: {} } } as unknown as Lab;
  const schedule = { seed: 1, kind: 'day', faults: [] } as const;
  await expect(new Runner(lab, new Map()).run(schedule)).rejects.toThrow('the session failed: broken');
  const checksBefore = healthChecks.mock.calls.length;
  await delay(1_200); // long enough for two checks, if the coordinator were still watched
  expect(healthChecks.mock.calls.length).toBe(checksBefore);
});
