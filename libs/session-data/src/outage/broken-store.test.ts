import { isBrokenStore, isOutage } from './outage.js';

const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

it.each([
  reply('WRONGTYPE Operation against a key holding the wrong kind of value'),
  reply('WRONGTYPE Operation against a key holding the wrong kind of value script: 1846, on @user_script:1.'),
  reply('ERR hash value is not an integer script: 1846, on @user_script:1.'),
])('I11 "$message" comes from a broken store, which is no outage', (error) => {
  expect(isBrokenStore(error)).toBe(true);
  expect(isOutage(error)).toBe(false);
});

it.each([reply('OOM command not allowed'), reply('ERR user_script:1'), new TypeError('x'), 'WRONGTYPE'])(
  '"%s" says nothing about the store',
  (error) => expect(isBrokenStore(error)).toBe(false),
);
