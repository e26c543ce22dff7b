import { isRedisOutage } from './outage.js';

const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

describe('isRedisOutage', () => {
  it.each([
    reply("OOM command not allowed when used memory > 'maxmemory'."),
    reply("OOM command not allowed when used memory > 'maxmemory'. script: 0a1b, on @user_script:1."),
    reply('MISCONF Errors writing to the AOF file: No space left on device'),
    reply("READONLY You can't write against a read only replica."),
    reply('UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)'),
    reply('LOADING Redis is loading the dataset in memory'),
    reply('ERR max number of clients reached'),
    reply('ERR Script killed by user with SCRIPT KILL... script: 694a, on @user_script:1.'),
    reply('NOSCRIPT No matching script. Please use EVAL.'),
    Object.assign(new Error('connect EMFILE 127.0.0.1:6379'), { code: 'EMFILE' }),
    Object.assign(new Error('connect EADDRNOTAVAIL 127.0.0.1:6379'), { code: 'EADDRNOTAVAIL' }),
    new Error('Command aborted due to connection close'),
    new Error("Socket timeout. Expecting data, but didn't receive any in 8000ms."),
    Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
    Object.assign(new Error('x'), { name: 'MaxRetriesPerRequestError' }),
  ])('I11 is true for "$message"', (error) => expect(isRedisOutage(error)).toBe(true));

  it.each([reply('WRONGTYPE Operation against a key'), reply('ERR user_script:1'), new TypeError('x'), 'ECONNRESET'])(
    'is false for "%s"',
    (error) => expect(isRedisOutage(error)).toBe(false),
  );
});
