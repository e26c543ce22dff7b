import { Reconciler } from './reconciler.js';
import type { SharedParts } from './shared-parts.js';

const none = () => Promise.resolve([]);

/** The parts of a coordinator without sessions, jobs and keys. */
const parts = {
  certificates: { catchUp: none },
  dataSource: { query: none },
  evictions: { update: () => Promise.resolve(false) },
  producer: { scheduled: none },
  queueRedis: { lrange: none, time: () => Promise.resolve([0, 0]) },
  queues: {},
  sessions: { unfinished: none, expired: none, list: () => Promise.resolve({ rows: [] }) },
};

test('I11 a round ends while certificates are computed, which may take minutes, and starts no second computation', async () => {
  let computations = 0;
  const catchUp = () => {
    computations++;
    return new Promise<void>(() => undefined);
  };
  const reconciler = new Reconciler({ ...parts, certificates: { catchUp } } as unknown as SharedParts);
  for (let round = 0; round < 2; round++) await reconciler.reconcile();
  expect(computations).toBe(1);
});
