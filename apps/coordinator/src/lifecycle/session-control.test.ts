/** I13 is an invariant of docs/ARCHITECTURE.md. */
import { parseSessionSpec } from '@barkeep/bars';
import { SessionControl } from './session-control.js';

const DATES = { start: '2013-10-09', end: '2013-10-10' };
const ROW = {
  id: 's',
  incarnation: 'i',
  state: 'failed',
  spec: parseSessionSpec({ ...DATES, symbols: ['SPY'], source: { type: 'dataset', dataset: 'lean' } }),
  historyDays: 0,
  epoch: 1,
  error: 'broken',
  checkpoint: { frontier: 0, clock: 0 },
};

/**
 * Repairs a session that was read as {@link ROW}, and whose store has its incarnation and the control `run`.
 * @param rowNow its row in Postgres at the repair @returns the number of calls that write
 */
async function writesOfRepair(rowNow: object): Promise<number> {
  let writes = 0;
  const redis = {
    hmget: () => Promise.resolve(['i', 'run', '1']),
    call: () => {
      writes++;
      return Promise.resolve('set');
    },
  };
  const sessions = { reread: () => Promise.resolve(rowNow) };
  await new SessionControl({ redis, sessions, keyPrefix: 'p' } as never).repair(ROW as never);
  return writes;
}

test('a failed session whose store does not know it gets its control and its event', async () => {
  expect(await writesOfRepair(ROW)).toBeGreaterThan(0);
});

test('I13 nothing is written for a session that was started again since its row was read as failed', async () => {
  expect(await writesOfRepair({ ...ROW, state: 'running', error: null })).toBe(0);
});
