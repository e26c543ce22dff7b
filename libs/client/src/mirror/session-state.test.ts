import { SessionEndedError } from './session-state.js';

test('the error of a session that ended before it had a clock names no time', () => {
  const noClock = undefined;
  const { message } = new SessionEndedError('october', 'failed', 'dataset gone', noClock);
  expect(message).toBe('session october: failed: dataset gone');
});
