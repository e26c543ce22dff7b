/** I11 is an invariant of docs/ARCHITECTURE.md. */
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
