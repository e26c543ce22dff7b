/** I11 is an invariant of docs/ARCHITECTURE.md. */
import { runInNewContext } from 'node:vm';
import { ChunkLengthError } from '@barkeep/bars';
import { isBrokenStore, isOutage, isRedisOutage } from './outage.js';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });
const withName = (name: string, message = 'x') => Object.assign(new Error(message), { name });
/** An error reply of Redis, as ioredis throws it. */
const reply = (message: string) => withName('ReplyError', message);

describe('isOutage', () => {
  it.each([
    ['a refused connection', withCode('ECONNREFUSED')],
    ['all addresses refused', new AggregateError([withCode('ECONNREFUSED'), withCode('ETIMEDOUT')])],
    ['a shutdown of Postgres, as TypeORM wraps it', Object.assign(new Error('x'), { driverError: withCode('57P01') })],
    ['too many connections', withCode('53300')],
    ['a statement that an operator ended', withCode('57014')],
    ['a deadlock', withCode('40P01')],
    ['a lock that was not free in time', withCode('55P03')],
    ['a password that was changed', withCode('28P01')],
    ['a database that is being replaced', withCode('3D000')],
    ['a table that is being restored', withCode('42P01')],
    ['a database that accepts no connections', withCode('55000')],
    ['a Redis with another password', reply('NOAUTH Authentication required.')],
    ['a Redis with other rights', reply("NOPERM User default has no permissions to run the 'set' command")],
    [
      'a Redis with other rights, in a script',
      reply("ERR The user executing the script can't run this command or subcommand script: 4243, on @user_script:1."),
    ],
    [
      'a later Redis with other rights, in a script',
      reply("ERR ACL failure in script: User bob has no permissions to run the 'hset' command script: 4243."),
    ],
    ['a database that has run out of transaction ids', withCode('54000')],
    ['a lost pg connection', new Error('Connection terminated unexpectedly')],
    ['a full pool', new Error('timeout exceeded when trying to connect')],
    ['a Redis that loads its data', reply('LOADING Redis is loading the dataset in memory')],
    ['a Redis without memory', reply("OOM command not allowed when used memory > 'maxmemory'.")],
    ['a Redis that became a replica', reply('UNBLOCKED force unblock from blocking operation, instance state changed')],
    ['an ioredis that gave up', withName('MaxRetriesPerRequestError')],
    ['a connection that closed in a pipeline', new Error('Command aborted due to connection close')],
    [
      'a transaction of ioredis with a refused command',
      Object.assign(reply('EXECABORT Transaction discarded because of previous errors.'), {
        previousErrors: [reply('BUSY Redis is busy running a script.')],
      }),
    ],
    ['a command without an answer', new Error('Command timed out')],
    ['an error of another realm', runInNewContext(`Object.assign(new Error('x'), { code: 'ECONNREFUSED' })`)],
    [
      'errors of several addresses in another realm',
      runInNewContext(`new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })])`),
    ],
    ['an outage as a cause', new Error('could not read', { cause: withCode('ECONNRESET') })],
  ])('is true for %s', (_, error) => expect(isOutage(error)).toBe(true));

  it.each([
    ['a fault of ours', new TypeError('x is undefined')],
    ['wrong SQL', withCode('42601')],
    ['a violated constraint', withCode('23505')],
    ['a script that failed', reply('ERR user_script:1')],
    ['a wrong transaction', reply('EXECABORT Transaction discarded because of previous errors.')],
    ['no error at all', 'ECONNREFUSED'],
  ])('is false for %s', (_, error) => expect(isOutage(error)).toBe(false));

  it('is false for causes that form a circle', () => {
    const error = new Error('x');
    error.cause = error;
    expect(isOutage(error)).toBe(false);
  });
});

describe('isRedisOutage', () => {
  it.each([
    ['a server without memory', reply("OOM command not allowed when used memory > 'maxmemory'.")],
    [
      'a server without memory, in a script',
      reply("OOM command not allowed when used memory > 'maxmemory'. script: 0a1b, on @user_script:1."),
    ],
    [
      'a server that refuses a transaction at its end',
      reply("EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'."),
    ],
    ['a full disk', reply('MISCONF Errors writing to the AOF file: No space left on device')],
    ['a replica', reply("READONLY You can't write against a read only replica.")],
    [
      'a server that became a replica',
      reply('UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)'),
    ],
    ['a server that loads its data', reply('LOADING Redis is loading the dataset in memory')],
    ['too many clients', reply('ERR max number of clients reached')],
    [
      'a script that an operator ended',
      reply('ERR Script killed by user with SCRIPT KILL... script: 694a, on @user_script:1.'),
    ],
    ['a server that has lost its scripts', reply('NOSCRIPT No matching script. Please use EVAL.')],
    ['a process without a free file descriptor', withCode('EMFILE', 'connect EMFILE 127.0.0.1:6379')],
    ['a machine without a free port', withCode('EADDRNOTAVAIL', 'connect EADDRNOTAVAIL 127.0.0.1:6379')],
    ['a connection that closed in a pipeline', new Error('Command aborted due to connection close')],
    ['a server that does not answer', new Error("Socket timeout. Expecting data, but didn't receive any in 8000ms.")],
    ['a connection that was reset', withCode('ECONNRESET', 'read ECONNRESET')],
    ['an ioredis that gave up', withName('MaxRetriesPerRequestError')],
  ])('I11 is true for %s', (_, error) => expect(isRedisOutage(error)).toBe(true));

  it.each([reply('WRONGTYPE Operation against a key'), reply('ERR user_script:1'), new TypeError('x'), 'ECONNRESET'])(
    'is false for "%s"',
    (error) => expect(isRedisOutage(error)).toBe(false),
  );
});

it.each([
  reply('WRONGTYPE Operation against a key holding the wrong kind of value'),
  reply('WRONGTYPE Operation against a key holding the wrong kind of value script: 1846, on @user_script:1.'),
  reply('ERR hash value is not an integer script: 1846, on @user_script:1.'),
  new ChunkLengthError(390, 18_776, 1),
])('I11 "$message" comes from a broken store, which is no outage', (error) => {
  expect(isBrokenStore(error)).toBe(true);
  expect(isOutage(error)).toBe(false);
});

it.each([reply('OOM command not allowed'), reply('ERR user_script:1'), new TypeError('x'), 'WRONGTYPE'])(
  '"%s" does not come from a broken store',
  (error) => expect(isBrokenStore(error)).toBe(false),
);
