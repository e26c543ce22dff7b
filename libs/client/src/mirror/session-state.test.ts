import { SessionEndedError, stateOf } from './session-state.js';

test('the error of a session that ended before it had a clock names no time', () => {
  const noClock = undefined;
  const { message } = new SessionEndedError('october', 'failed', 'dataset gone', noClock);
  expect(message).toBe('session october: failed: dataset gone');
});

test('a state is found in state events only', () => {
  // The fields of an entry as Redis returns them: names and values in turn.
  expect(stateOf(['type', 'clock', 'time', '1'])).toBeUndefined();
  expect(stateOf(['type', 'state', 'state', 'stopped'])).toEqual({ state: 'stopped' });
});
