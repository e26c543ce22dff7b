import { SessionEndedError } from './errors.js';

it('describes a session that ended before it had a clock', () => {
  const { message } = new SessionEndedError('october', 'failed', 'dataset gone', undefined);
  expect(message).toBe('session october: failed: dataset gone');
});
