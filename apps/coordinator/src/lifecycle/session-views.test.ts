/** I13 is an invariant of docs/ARCHITECTURE.md. */
import { SessionStateError, UnknownSessionError } from '@barkeep/bar-repository';
import { parseSessionSpec } from '@barkeep/bars';
import { SessionLostError } from '@barkeep/session-data';
import { SessionViews } from './session-views.js';

const DATES = { start: '2013-10-09', end: '2013-10-10' };
const ROW = {
  id: 's',
  incarnation: 'i',
  state: 'paused',
  spec: parseSessionSpec({ ...DATES, symbols: ['SPY'], source: { type: 'dataset', dataset: 'lean' } }),
  historyDays: 0,
  error: null,
  checkpoint: { frontier: 0, clock: 0 },
  createdAt: new Date(0),
  updatedAt: new Date(0),
  completedAt: null,
};

/**
 * The view of a session that was read as {@link ROW} and whose store is gone.
 * @param refusal how marking it as lost fails
 * @param rowNow its row in Postgres after that; undefined: none
 */
function viewAfter(refusal: Error, rowNow?: object) {
  const control = { reopenIfBehind: () => Promise.reject(new SessionLostError('s')) }; // the store is gone
  const sessions = { transition: () => Promise.reject(refusal), reread: async () => rowNow };
  return new SessionViews({ control, sessions } as never).view(ROW as never);
}

test('I13 a session whose store is gone is shown as lost when another call marked it first', async () => {
  const refusal = new SessionStateError('s', ['paused'], 'lost');
  const lost = { state: 'lost', error: 'gone' };
  expect(await viewAfter(refusal, { ...ROW, ...lost })).toMatchObject({ id: 's', ...lost });
});

test('I13 a session whose store is gone is shown as it was read when another call removed it meanwhile', async () => {
  const refusal = new UnknownSessionError('s');
  expect(await viewAfter(refusal)).toMatchObject({ id: 's', state: 'paused', error: null });
});
