/** I11 is an invariant of docs/ARCHITECTURE.md. */
import { parseSessionSpec } from '@barkeep/bars';
import { SessionRepairs } from './session-repairs.js';

const SPEC = { symbols: ['SPY'], start: '2013-10-07', end: '2013-10-07', source: { type: 'dataset', dataset: 'lean' } };
const ROW = { id: 's', incarnation: 'i', run: 1, state: 'completed', spec: parseSessionSpec(SPEC), historyDays: 0 };

/** Repairs of a session whose store cannot be read, and counts how many times they look whether it is settled. */
function repairsOfBrokenStore() {
  let looks = 0;
  const redis = {
    smembers: () => {
      looks++;
      throw new Error('broken');
    },
  };
  const changes = { repair: async () => false };
  const sessions = { stateOf: async () => undefined }; // so that no state is emitted
  const repairs = new SessionRepairs({ redis, changes, sessions, keyPrefix: 'p' } as never);
  const complete = (isScheduled: boolean, row = ROW) => repairs.completed(row as never, { isScheduled });
  return { repairs, complete, looks: () => looks };
}

test('a completed session that was found settled is not looked at again', async () => {
  const { complete, looks } = repairsOfBrokenStore();
  await complete(false);
  await complete(false);
  expect(looks()).toBe(1);
});

test('I11 a settled session whose upkeep was scheduled again is looked at when the schedule is gone', async () => {
  const { complete, looks } = repairsOfBrokenStore();
  await complete(false);
  await complete(true);
  expect(looks()).toBe(1);
  await complete(false); // the queue Redis lost the schedule, or upkeep has ended it
  expect(looks()).toBe(2);
});

test('I11 a settled session that was streamed again is looked at after its new run', async () => {
  const { complete, looks } = repairsOfBrokenStore();
  await complete(false);
  await complete(false, { ...ROW, run: 2 }); // the queue Redis has lost the schedule of the new run
  expect(looks()).toBe(2);
});

test('I11 a settled session is looked at again after the session Redis has returned', async () => {
  const { repairs, complete, looks } = repairsOfBrokenStore();
  await complete(false);
  repairs.forgetDone();
  await complete(false);
  expect(looks()).toBe(2);
});
