/** I11 and I13 are invariants of docs/ARCHITECTURE.md. */
import { Reconciler } from './reconciler.js';
import type { SharedParts } from './shared-parts.js';

const none = () => Promise.resolve([]);

/** The parts of a coordinator without sessions, jobs and keys. */
const parts = {
  certificates: { catchUp: none },
  dataSource: { query: none },
  evictions: { check: none },
  producer: { scheduled: none },
  queueRedis: { lrange: none, time: () => Promise.resolve([0, 0]) },
  queues: {},
  sessions: { unfinished: none, expired: none, list: () => Promise.resolve({ rows: [] }) },
};

test.each(['certificates are computed', 'expired sessions are removed'])(
  'I11 a round ends while %s, which may take minutes, and does not start that again meanwhile',
  async (what) => {
    const endless = jest.fn(() => new Promise<never>(() => undefined));
    const slow = what.startsWith('certificates')
      ? { certificates: { catchUp: endless } }
      : { sessions: { ...parts.sessions, expired: endless } };
    const reconciler = new Reconciler({ ...parts, ...slow } as unknown as SharedParts);
    for (let round = 0; round < 2; round++) await reconciler.reconcile();
    expect(endless).toHaveBeenCalledTimes(1);
  },
);

test('I13 the return of the session Redis starts a round at once; a return during a round starts one more', async () => {
  /** Called once in each round. */
  const unfinished = jest.fn(() => {
    if (unfinished.mock.calls.length === 1) reconciler.onStoreReturned(); // during the first round
    return none();
  });
  const sessions = { ...parts.sessions, unfinished };
  const reconciler = new Reconciler({ ...parts, sessions } as unknown as SharedParts);
  reconciler.start(3_600_000); // an hour
  reconciler.onStoreReturned();
  while (unfinished.mock.calls.length < 2) await new Promise(setImmediate);
  await reconciler.stop();
  expect(unfinished).toHaveBeenCalledTimes(2);
});
