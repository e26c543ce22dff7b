import { errorCode, errorText } from './error-text.js';

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });

test.each<[string, unknown, string]>([
  ['an error', new Error('down'), 'down'],
  ['an error of several errors', new AggregateError([refused, new Error('other')]), `${refused.message}, other`],
  ['an error with a code alone', Object.assign(new Error(), { code: 'ECONNRESET' }), 'ECONNRESET'],
  ['an error without a message', new TypeError(), 'TypeError'],
  ['an object that has a message', { message: 'quota' }, 'quota'],
  ['a string', 'down', 'down'],
  ['null', null, 'null'],
])('the text of %s', (_what, caught, expected) => {
  expect(errorText(caught)).toBe(expected);
});

test('the code of an error is its text code, if it has one', () => {
  expect([errorCode(refused), errorCode({ code: 5 }), errorCode(null)]).toEqual(['ECONNREFUSED', undefined, undefined]);
});
