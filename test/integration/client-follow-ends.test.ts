/** What ends a loop over the steps of a session. */
import { type FollowOptions, SessionEndedError } from '@barkeep/client';
import { ConsumerReplacedError, removeSession, SessionConsumers, SessionLostError } from '@barkeep/session-data';
import { runTo } from '../support/sessions/follow-store.js';
import {
  FOLLOWED_MARKET as MARKET,
  FOLLOWED_SPEC as SPEC,
  FollowedServer,
} from '../support/sessions/followed-server.js';
import type { TestStore } from '../support/sessions/session-store.js';

const LOCKSTEP = { ...SPEC, pace: { mode: 'lockstep' } };

const server = new FollowedServer();
afterAll(() => server.close());

describe('the end of a loop', () => {
  let store: TestStore;
  beforeEach(async () => {
    store = await server.begin(server.layout(LOCKSTEP));
    // The clock allows ten steps.
    await runTo(store, MARKET, store.layout.grid(0).openTime(10));
  });

  /** Follows to the end of the loop. @returns its error, if it ended with one, and the number of its steps */
  async function loopEnd(options: FollowOptions, inFifthStep: () => unknown = () => undefined) {
    let steps = 0;
    try {
      for await (const { time } of server.follow(store, options)) {
        expect(time).toBeLessThanOrEqual(store.layout.grid(0).openTime(10));
        if (++steps === 5) await inFifthStep();
      }
      return { error: undefined, steps };
    } catch (error) {
      return { error, steps };
    }
  }

  /** Adds a state of the session to its events. */
  async function emit(event: { state: string; error?: string }): Promise<void> {
    await server.redis.xadd(store.layout.keysOf(0).events, '*', 'type', 'state', ...Object.entries(event).flat());
  }

  test('a loop ends with an error when its consumer is replaced', async () => {
    const { error } = await loopEnd({ consumer: 'one' }, () =>
      new SessionConsumers(server.redis, store.layout).join('one', 'kept'),
    );
    expect(error).toBeInstanceOf(ConsumerReplacedError);
  });

  test('a loop ends in the step in which it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const end = await loopEnd({ signal: controller.signal }, () => controller.abort(reason));
    expect(end).toEqual({ error: reason, steps: 5 });
  });

  test('a loop ends after all steps: with an error when the session is stopped, without one when it is completed', async () => {
    await emit({ state: 'stopped', error: 'by hand' });
    const stopped = await loopEnd({ from: 'beginning' });
    expect(stopped).toEqual({ error: expect.any(SessionEndedError), steps: 10 });
    await emit({ state: 'completed' });
    expect(await loopEnd({})).toEqual({ error: undefined, steps: 10 });
  });

  test('a loop ends with an error when its session is deleted', async () => {
    const { error } = await loopEnd({}, () => removeSession(server.redis, store.layout));
    expect(error).toBeInstanceOf(SessionLostError);
  });
});
