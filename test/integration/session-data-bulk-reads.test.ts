/** Reads of many chunks on a separate connection to a real Redis: they return what the pipelines of ioredis return. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { storeReads, type ReadCommand } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { StoreServer } from '../support/sessions/session-store.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const server = new StoreServer();
const URL_OF_REDIS = process.env['SESSION_REDIS_URL']!;
/** The name of a key of these tests. It begins like the keys of a session, so that `server.close` removes it. */
const key = (name: string) => `${server.prefix}:{bulk:${name}`;
/** A value with the line end of Redis' protocol, and a byte that is no UTF-8. */
const BYTES = Buffer.from([0, 13, 10, 255]);
/** A value that is larger than the initial buffer of a read. */
const LARGE_BYTES = Buffer.alloc(400_000, 'large');

beforeAll(async () => {
  const { redis } = server;
  await redis.mset(key('bytes'), BYTES, key('large'), LARGE_BYTES, key('ü'), 'ü');
  await redis.hset(key('hash'), { one: 1, two: 'zwei' });
  await redis.xadd(key('stream'), '1-1', 'type', 'clock');
});
afterAll(() => server.close());

/** Two reads: the reply to the first is `1`, to the second `zwei`. */
const READ_ONE: ReadCommand[] = [['hget', key('hash'), 'one']];
const READ_TWO: ReadCommand[] = [['hget', key('hash'), 'two']];
/** Commands with replies of text, bytes, entries, a range of bytes, and a number. */
const COMMANDS: ReadCommand[] = [
  ['hmget', key('hash'), 'one', 'two', 'three'],
  ['mgetBuffer', key('bytes'), key('nothing'), key('ü')],
  ['xrange', key('stream'), '-', '+', 'COUNT', 10],
  ['getrangeBuffer', key('large'), 1, 70_000],
  ['strlen', key('large')],
];

/** A reply with its bytes as text, which jest compares faster. */
function withText(reply: unknown): unknown {
  if (reply instanceof Buffer) return `bytes ${reply.toString('base64')}`;
  return Array.isArray(reply) ? reply.map(withText) : reply;
}

test('replies of text, bytes, numbers and null equal those of a pipeline, also in later reads', async () => {
  const expected = await server.redis.pipeline(COMMANDS).exec();
  const reads = storeReads(server.redis);
  for (let read = 0; read < 3; read++) {
    expect((await reads.run(COMMANDS)).map(withText)).toEqual(expected!.map(([, reply]) => withText(reply)));
    const large = await reads.run([
      ['mgetBuffer', key('bytes'), key('large')],
      ['strlen', key('large')],
      ['mgetBuffer', key('large')],
    ]);
    expect(large.map(withText)).toEqual([[BYTES, LARGE_BYTES], LARGE_BYTES.length, [LARGE_BYTES]].map(withText));
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
  const commands: ReadCommand[] = [
    ['hmget', named('hash'), 'two', 'three'],
    ['mgetBuffer', ...['bytes', 'large', 'nothing', 'ü', 'large'].map(named)],
    ['xrange', named('nothing'), '-', '+'],
    ['getBuffer', named('bytes')],
    ['xrange', named('stream'), '-', '+'],
    ['mget', named('ü')],
  ];
  /** The index of each command. */
  const [HMGET, MGET_BUFFER, EMPTY_XRANGE, GET_BUFFER, XRANGE, MGET] = commands.keys();
  /** The place that the receiver gets with a reply that is one value, or an empty list. */
  const WHOLE_REPLY = -1;
  /** The arguments of each call of the receiver. */
  const received: unknown[] = [];
  // A receiver that returns true takes the value. This one takes the value of GET_BUFFER, and all values of MGET_BUFFER but the first.
  const replies = await reads.run(commands, (command, place, value) => {
    received.push([command, place, withText(value)]);
    const isTaken = (command === MGET_BUFFER && place > 0) || command === GET_BUFFER;
    return isTaken;
  });
  const [bytes, large, ü] = [BYTES, LARGE_BYTES, Buffer.from('ü')].map(withText);
  const entry = ['1-1', ['type', 'clock']];
  expect(received).toEqual([
    [HMGET, 0, 'zwei'],
    [HMGET, 1, null],
    ...[bytes, large, null, ü, large].map((value, place) => [MGET_BUFFER, place, value]),
    [EMPTY_XRANGE, WHOLE_REPLY, []],
    [GET_BUFFER, WHOLE_REPLY, bytes],
    [XRANGE, 0, entry],
    [MGET, 0, 'ü'],
  ]);
  // A value in a reply is a copy, which the next read does not change.
  await reads.run([['mgetBuffer', named('large')]]);
  // The only value of GET_BUFFER was taken, so its reply does not count.
  const withoutTakenGet = replies.filter((_reply, command) => command !== GET_BUFFER);
  expect(withoutTakenGet.map(withText)).toEqual([['zwei', null], [bytes], [], [entry], ['ü']]);
  reads.close();
  connection.disconnect();
});

test('a read whose replies arrive slowly may take longer than the limit for silence', async () => {
  const { port, hostname } = new URL(URL_OF_REDIS);
  // A proxy that passes answers on in pieces of 20,000 bytes, ten in a second, so that the large value takes about two seconds.
  const slow = createServer((toClient) => {
    const toServer = connect(Number(port), hostname);
    for (const socket of [toClient, toServer]) socket.on('error', () => undefined);
    toClient.pipe(toServer);
    toServer.on('data', (bytes: Buffer) => {
      toServer.pause();
      const pass = async (): Promise<void> => {
        for (let at = 0; at < bytes.length; at += 20_000) {
          toClient.write(bytes.subarray(at, at + 20_000));
          if (bytes.length > 20_000) await delay(100);
        }
        toServer.resume();
      };
      void pass();
    });
  }).listen(0, '127.0.0.1');
  await once(slow, 'listening');
  const slowUrl = new URL(URL_OF_REDIS);
  slowUrl.port = String((slow.address() as AddressInfo).port);
  const limitMs = 1_000;
  const connection = new Redis(slowUrl.href, { socketTimeout: limitMs });
  const reads = storeReads(connection);
  try {
    expect(await reads.run([['strlen', key('large')]])).toEqual([LARGE_BYTES.length]);
    const startedAt = performance.now();
    expect((await reads.run([['getBuffer', key('large')]])).map(withText)).toEqual([withText(LARGE_BYTES)]);
    expect(performance.now() - startedAt).toBeGreaterThan(limitMs);
  } finally {
    reads.close();
    connection.disconnect();
    slow.close();
  }
});

test('a read whose reply arrives while the program computes for longer than the limit gets it', async () => {
  const connection = new Redis(URL_OF_REDIS, { socketTimeout: 200 });
  const reads = storeReads(connection);
  await reads.run(READ_ONE); // connects
  const answer = reads.run(READ_TWO);
  await Promise.resolve(); // now the command is sent
  blockEventLoop(500);
  expect(await answer).toEqual(['zwei']);
  reads.close();
  connection.disconnect();
});

/** Blocks this process, as a long computation does. */
function blockEventLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('a read throws the error of its receiver, and the next read works', async () => {
  const reads = storeReads(server.redis);
  const failAtSecond = (command: number) => {
    if (command === 1) throw new RangeError('no more');
    return true;
  };
  await expect(reads.run(COMMANDS.slice(0, 3), failAtSecond)).rejects.toThrow('no more');
  expect(await reads.run(READ_TWO)).toEqual(['zwei']);
  reads.close();
});

test('a read throws an error among the replies, and the next read works', async () => {
  const reads = storeReads(server.redis);
  const getOfHash: ReadCommand = ['get', key('hash')];
  await expect(reads.run([COMMANDS[0]!, getOfHash, COMMANDS[1]!])).rejects.toThrow('WRONGTYPE');
  await expect(reads.run([['evalshaBuffer', '0'.repeat(40), 0]])).rejects.toThrow('NOSCRIPT');
  expect(await reads.run(READ_TWO)).toEqual(['zwei']);
  reads.close();
});

test('a bulk read has the user and the database of the given connection', async () => {
  const { redis, prefix } = server;
  // A user who may read only the keys of this test file.
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
  // The gate delays the command, so the connection breaks before the reply.
  gate.slowDown(500);
  const fails = expect(reads.run(READ_ONE)).rejects.toThrow('Connection is closed');
  await gate.shut();
  await fails;
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
  const [first, second] = await Promise.allSettled([reads.run(READ_ONE), reads.run(READ_ONE)]);
  expect(first).toMatchObject({ status: 'fulfilled', value: ['1'] });
  expect(second).toMatchObject({ status: 'rejected' });
  reads.close();
});

test('on a connection with a key prefix the reads use the prefix', async () => {
  const connection = new Redis(URL_OF_REDIS, { keyPrefix: key('') });
  const reads = storeReads(connection);
  expect(await reads.run([['mgetBuffer', 'bytes', 'nothing']])).toEqual([[BYTES, null]]);
  reads.close();
  expect(await connection.get('ü')).toBe('ü');
  connection.disconnect();
});
