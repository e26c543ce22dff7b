import { parseSessionSpec } from '@barkeep/bars';
import { SessionRemoval } from './session-removal.js';

const SPEC = { symbols: ['SPY'], start: '2013-10-07', end: '2013-10-07', source: { type: 'dataset', dataset: 'lean' } };
const ROW = { id: 's', incarnation: 'i', spec: parseSessionSpec(SPEC), historyDays: 0, days: null, membership: null };

/** Removals of which each runs `transaction` in place of a transaction of PostgreSQL. */
const removalWith = (transaction: () => Promise<unknown>) =>
  new SessionRemoval({ dataSource: { transaction }, keyPrefix: 'p' } as never);

test('three removals at most hold a connection at the same time, also after one has failed', async () => {
  /** Ends the transactions that have begun, in their order. */
  const ends: ((error?: Error) => void)[] = [];
  const removal = removalWith(
    () =>
      new Promise<undefined>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve(undefined)))),
  );
  const removals = Array.from({ length: 5 }, () => removal.remove(ROW as never));
  const settled = Promise.allSettled(removals);
  /** How many transactions have begun, after `end` has ended one of them, or none. */
  const begunAfter = async (end: () => void) => {
    end();
    await new Promise(setImmediate);
    return ends.length;
  };
  expect(await begunAfter(() => undefined)).toBe(3);
  expect(await begunAfter(() => ends[0]!(new Error('no connection')))).toBe(4);
  expect(await begunAfter(() => ends[1]!())).toBe(5);
  for (const end of ends) end();
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', ...Array(4).fill('fulfilled')]);
});

test('an expired session that another coordinator removes, which holds its lock, is left to it without an error', async () => {
  const lockTimeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  const removal = removalWith(() => Promise.reject(lockTimeout));
  await expect(removal.removeExpired(ROW as never)).resolves.toBeUndefined();
  await expect(removal.remove(ROW as never)).rejects.toBe(lockTimeout); // a caller gets an answer: 503
});
