import { messageOf, retryAfterMsOf } from './bar-source.js';

test.each([
  [1_500, 1_500],
  ['2000', 2_000],
  // At most a day.
  [1e300, 86_400_000],
  [Infinity, 86_400_000],
  // Not a positive number: the error demands no delay.
  [0, undefined],
  [-5, undefined],
  [NaN, undefined],
  ['soon', undefined],
  [undefined, undefined],
  [Symbol('odd'), undefined],
])('an error with retryAfterMs %p delays the next attempt by %p', (retryAfterMs, expected) => {
  expect(retryAfterMsOf({ retryAfterMs })).toBe(expected);
});

const connectionRefused = new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:1')]);
test.each<[string, unknown, string]>([
  ['an error', new Error('403 forbidden'), '403 forbidden'],
  ['an error without a message', new TypeError(), 'TypeError'],
  ['an error with a code alone', Object.assign(new Error(), { code: 'ECONNRESET' }), 'ECONNRESET'],
  ['an error of several errors', connectionRefused, 'connect ECONNREFUSED 127.0.0.1:1'],
  [
    'an error with a cause',
    new Error('fetch failed', { cause: connectionRefused }),
    'fetch failed (connect ECONNREFUSED 127.0.0.1:1)',
  ],
  ['an error whose cause is null', new Error('fetch failed', { cause: null }), 'fetch failed'],
  ['an error whose cause has no text', new Error('fetch failed', { cause: {} }), 'fetch failed'],
  ['an error of another realm', { message: 'quota', code: 429 }, 'quota'],
  ['a string', 'down', 'down'],
  ['an empty string', '', 'an error without a message'],
  ['nothing', undefined, 'undefined'],
  ['an object without a prototype', Object.create(null), 'an error without a message'],
  ['a text with NUL', 'a\0b', 'ab'],
  ['a text that is cut inside a surrogate pair', `${'x'.repeat(499)}😀`, `${'x'.repeat(499)}\ufffd`],
])('the message of %s can be shown and stored', (_what, error, message) => {
  expect(messageOf(error)).toBe(message);
});
