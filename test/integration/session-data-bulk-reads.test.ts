/** Reads of many chunks on a separate connection to a real Redis: they return what the pipelines of ioredis return. */
import { storeReads, type ReadCommand } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { StoreServer } from '../support/sessions/session-store.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const server = new StoreServer();
const URL_OF_REDIS = process.env['SESSION_REDIS_URL']!;
/** A key that begins like those of a session, so that `server.close` removes it. */
const key = (name: string) => `${server.prefix}:{bulk:${name}`;
/** A value with the line end of Redis' protocol, and a byte that is no UTF-8. */
const BYTES = Buffer.from([0, 13, 10, 255]);
/** Length of a value that is larger than the initial buffer. */
const LARGE = 400_000;
const LARGE_BYTES = Buffer.alloc(LARGE, 'large');

beforeAll(async () => {
  const { redis } = server;
  await redis.mset(key('a'), BYTES, key('large'), LARGE_BYTES, key('ü'), 'ü');
  await redis.hset(key('hash'), { one: 1, two: 'zwei' });
  await redis.xadd(key('stream'), '1-1', 'type', 'clock');
});
afterAll(() => server.close());

/** Commands whose replies are `1` and `zwei`. */
const READ_ONE: ReadCommand[] = [['hget', key('hash'), 'one']];
const READ_TWO: ReadCommand[] = [['hget', key('hash'), 'two']];
/** Replies of text, bytes, entries, a range of bytes, and a number. */
const COMMANDS: ReadCommand[] = [
  ['hmget', key('hash'), 'one', 'two', 'three'],
  ['mgetBuffer', key('a'), key('nothing'), key('ü')],
  ['xrange', key('stream'), '-', '+', 'COUNT', 10],
  ['getrangeBuffer', key('large'), 1, 70_000],
  ['strlen', key('large')],
];

/** A reply with its bytes as text, which jest compares faster. */
function shown(reply: unknown): unknown {
  if (reply instanceof Buffer) return `bytes ${reply.toString('base64')}`;
  return Array.isArray(reply) ? reply.map(shown) : reply;
}

test('replies of text, bytes, numbers and null equal those of a pipeline, also in later reads', async () => {
  const expected = await server.redis.pipeline(COMMANDS).exec();
  const reads = storeReads(server.redis);
  for (let read = 0; read < 3; read++) {
    expect((await reads.run(COMMANDS)).map(shown)).toEqual(expected!.map(([, reply]) => shown(reply)));
    const large = await reads.run([
      ['mgetBuffer', key('a'), key('large')],
      ['strlen', key('large')],
      ['mgetBuffer', key('large')],
    ]);
    expect(large.map(shown)).toEqual([[BYTES, LARGE_BYTES].map(shown), LARGE, [shown(LARGE_BYTES)]]);
  }
  reads.close();
});

test.each([
  ['on a separate connection', {}],
  // Bulk reads do not support a key prefix, so these go through the pipelines of ioredis.
  ['by the pipelines of ioredis', { keyPrefix: `${server.prefix}:` }],
])('the receiver gets each value in order, and values that it takes are in no reply, %s', async (_way, options) => {
  const connection = new Redis(URL_OF_REDIS, options);
  /** A key without the prefix that the connection adds. */
  const named = (name: string) => key(name).slice(connection.options.keyPrefix?.length ?? 0);
  const reads = storeReads(connection);
  const names = ['a', 'large', 'nothing', 'ü', 'large'].map(named);
  const commands: ReadCommand[] = [
    ['hmget', named('hash'), 'two', 'three'],
    ['mgetBuffer', ...names],
    ['xrange', named('nothing'), '-', '+'],
    ['getBuffer', named('a')],
    ['xrange', named('stream'), '-', '+'],
    ['mget', named('ü')],
  ];
  /** Command, place in its reply (-1: the reply as a whole) and value of each call of the receiver. */
  const received: unknown[] = [];
  /** Places of these commands among `commands`. */
  const [MGET, GET] = [1, 3];
  const replies = await reads.run(commands, (command, place, value) => {
    received.push([command, place, shown(value)]);
    const isTaken = (command === MGET && place > 0) || command === GET;
    return isTaken;
  });
  const large = shown(LARGE_BYTES);
  const entry = ['1-1', ['type', 'clock']];
  const chunks = [shown(BYTES), large, null, shown(Buffer.from('ü')), large];
  expect(received).toEqual([
    [0, 0, 'zwei'],
    [0, 1, null],
    ...chunks.map((value, place) => [MGET, place, value]),
    [2, -1, []],
    [GET, -1, shown(BYTES)],
    [4, 0, entry],
    [5, 0, 'ü'],
  ]);
  // A value in a reply is a copy, which the next read does not change.
  await reads.run([['mgetBuffer', named('large')]]);
  const withoutTakenGet = replies.filter((_reply, command) => command !== GET);
  expect(withoutTakenGet.map(shown)).toEqual([['zwei', null], [shown(BYTES)], [], [entry], ['ü']]);
  reads.close();
  connection.disconnect();
});

test('a read throws the error of its receiver, and the next read works', async () => {
  const reads = storeReads(server.redis);
  const refuse = (command: number) => {
    if (command === 1) throw new RangeError('no more');
    return true;
  };
  await expect(reads.run([COMMANDS[0]!, COMMANDS[1]!, COMMANDS[2]!], refuse)).rejects.toThrow('no more');
  expect(await reads.run(READ_TWO)).toEqual(['zwei']);
  reads.close();
});

test('a read throws an error among the replies, and the next read works', async () => {
  const reads = storeReads(server.redis);
  await expect(reads.run([COMMANDS[0]!, ['get', key('hash')], COMMANDS[1]!])).rejects.toThrow('WRONGTYPE');
  await expect(reads.run([['evalshaBuffer', '0'.repeat(40), 0]])).rejects.toThrow('NOSCRIPT');
  expect(await reads.run(READ_TWO)).toEqual(['zwei']);
  reads.close();
});

test('a bulk read has the user and the database of the given connection', async () => {
  const { redis, prefix } = server;
  await redis.acl('SETUSER', prefix, 'on', '>secret', `~${prefix}:*`, '+@all');
  const address = Object.assign(new URL(URL_OF_REDIS), { username: prefix, password: 'secret', pathname: '/5' });
  const connection = new Redis(address.href);
  await connection.set(key('here'), 'other database');
  const reads = storeReads(connection);
  expect(await reads.run([['get', key('here')]])).toEqual(['other database']);
  await expect(reads.run([['get', 'elsewhere']])).rejects.toThrow('NOPERM');
  await connection.del(key('here'));
  reads.close();
  connection.disconnect();
  await redis.acl('DELUSER', prefix);
});

test('a read fails when its connection breaks, and the next one gets a new connection', async () => {
  const gate = await tcpGate(URL_OF_REDIS, 6379);
  const connection = new Redis(gate.url, { retryStrategy: () => 5 });
  connection.on('error', () => undefined);
  const reads = storeReads(connection);
  expect(await reads.run(READ_ONE)).toEqual(['1']);
  // The connection breaks before the reply.
  gate.slowDown(500);
  const cut = expect(reads.run(READ_ONE)).rejects.toThrow('Connection is closed');
  await gate.shut();
  await cut;
  gate.slowDown(0);
  await gate.open();
  expect(await reads.run(READ_TWO)).toEqual(['zwei']);
  reads.close();
  connection.disconnect();
  await gate.shut();
});

test('a read without a reply within commandTimeout fails, and the next one gets a new connection', async () => {
  const gate = await tcpGate(URL_OF_REDIS, 6379);
  const connection = new Redis(gate.url, { retryStrategy: () => 5, commandTimeout: 200 });
  const reads = storeReads(connection);
  expect(await reads.run(READ_ONE)).toEqual(['1']);
  gate.slowDown(500);
  await expect(reads.run(READ_ONE)).rejects.toThrow('Command timed out');
  gate.slowDown(0);
  expect(await reads.run(READ_TWO)).toEqual(['zwei']);
  reads.close();
  connection.disconnect();
  await gate.shut();
});

test('a read that waits for a connection ends when the reads are closed', async () => {
  const gate = await tcpGate(URL_OF_REDIS, 6379);
  const connection = new Redis(gate.url, { retryStrategy: () => 60_000, maxRetriesPerRequest: null });
  connection.on('error', () => undefined);
  const reads = storeReads(connection);
  await reads.run(READ_ONE);
  await gate.shut();
  await expect(reads.run(READ_ONE)).rejects.toThrow('Connection is closed');
  // The next attempt to connect is a minute away.
  const waiting = reads.run(READ_ONE);
  reads.close();
  await expect(waiting).rejects.toThrow('Connection is closed');
  connection.disconnect();
});

test('a read fails after the connection was closed for good', async () => {
  const connection = new Redis(URL_OF_REDIS);
  const reads = storeReads(connection);
  await reads.run(READ_ONE);
  await connection.quit();
  if (connection.status !== 'end') await once(connection, 'end');
  await expect(reads.run(READ_ONE)).rejects.toThrow('Connection is closed');
  reads.close();
});

test('a second read while one is running is refused', async () => {
  const reads = storeReads(server.redis);
  await reads.run(READ_ONE);
  const [first, second] = await Promise.allSettled([1, 2].map(() => reads.run(READ_ONE)));
  expect(first).toMatchObject({ status: 'fulfilled', value: ['1'] });
  expect(second).toMatchObject({ status: 'rejected' });
  reads.close();
});

test('on a connection with a key prefix the reads use the prefix', async () => {
  const connection = new Redis(URL_OF_REDIS, { keyPrefix: key('') });
  const reads = storeReads(connection);
  expect(await reads.run([['mgetBuffer', 'a', 'nothing']])).toEqual([[BYTES, null]]);
  reads.close();
  expect(await connection.get('ü')).toBe('ü');
  connection.disconnect();
});
