import { SessionEndedError, stateOf } from './session-state.js';

test('the error of a session that ended before it had a clock names no time', () => {
  const { message } = new SessionEndedError('october', 'failed', 'dataset gone', undefined);
  expect(message).toBe('session october: failed: dataset gone');
});

test('finds a state in state events only', () => {
  expect(stateOf(['type', 'clock', 'time', '1'])).toBeUndefined();
  expect(stateOf(['type', 'state', 'state', 'stopped'])).toEqual({ state: 'stopped' });
});
