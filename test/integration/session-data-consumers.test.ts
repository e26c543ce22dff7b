/**
 * Consumers of a session on a real Redis: their names, their positions, and the limit that they set for the clock.
 * I2, I11, I13: invariants at the end of docs/ARCHITECTURE.md.
 */
import { once } from 'node:events';
import {
  ConsumerAheadError,
  ConsumerCountError,
  ConsumerNameError,
  ConsumerReplacedError,
  ConsumersChangedError,
  NOTHING_DELIVERED,
  SessionConsumers,
  SessionLostError,
  UnknownConsumerError,
  type ConsumerPosition,
} from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { flushUpTo, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';
import { CONSUMERS_MAX } from '../../libs/session-data/src/consumers/index.js';

const market = marketBars({ ...SMALL_SPEC, seed: 1 });
const server = new StoreServer();
afterAll(() => server.close());

const MINUTE = 60_000;

/** A store in lockstep, and what tests of its consumers need. */
interface Lockstep extends TestStore {
  consumers: SessionConsumers;
  /** The position of a consumer that has got all bars of the session's first `minutes` minutes. Its hash does not matter. */
  at: (minutes: number) => ConsumerPosition;
  /** The events of consumers, in order: type, name, and position in minutes after the session's start. */
  events: () => Promise<string[]>;
}

/** Begins a session in lockstep. Its store has all bars, and its clock is 60 minutes after the start. */
async function lockstep(pace: object = {}): Promise<Lockstep> {
  const store = await server.begin(server.layout({ ...SMALL_SPEC, pace: { mode: 'lockstep', ...pace } }));
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  await writer.moveClock(layout.start + 60 * MINUTE, { events: [] });
  const at = (minutes: number): ConsumerPosition => ({
    time: layout.start + minutes * MINUTE,
    steps: minutes,
    bars: SMALL_SPEC.symbols.length * minutes,
    deliveredHash: minutes.toString(16).padStart(64, '0'),
  });
  // The fields of an event are type, time, consumer and position, each a name and a value.
  const events = async () =>
    (await server.eventFields(layout)).map((fields) => {
      const [type, consumer, position] = [fields[1], fields[5], fields[7]];
      return `${type} ${consumer} ${(Number(position) - layout.start) / MINUTE}`;
    });
  return { ...store, consumers: new SessionConsumers(server.redis, layout), at, events };
}

/** The place of the time of the last message in a consumer's record, which is: state, token, position, steps, bars, hash, this time. */
const LAST_MESSAGE = 6;

/** Makes the last message of a consumer older by `seconds`. */
async function silence({ layout }: TestStore, name: string, seconds: number): Promise<void> {
  const { consumers } = layout.keysOf(0);
  const record = (await server.redis.hget(consumers, name))!.split(' ');
  record[LAST_MESSAGE] = String(Number(record[LAST_MESSAGE]) - seconds * 1_000);
  await server.redis.hset(consumers, name, record.join(' '));
}

test('the clock waits until its consumers have joined, then for the slowest of those that have not left', async () => {
  const { consumers, at, events } = await lockstep({ consumers: 2 });
  expect(await consumers.limit()).toEqual({ slowest: 'waiting', joins: 0 });
  const one = await consumers.join('one', 'kept');
  expect(one.position).toEqual({ ...at(0), deliveredHash: NOTHING_DELIVERED });
  expect((await consumers.limit()).slowest).toBe('waiting');
  // The clock is at minute 60.
  const two = await consumers.join('two', 'now');
  expect(two.position).toEqual({ time: at(60).time, steps: 0, bars: 0, deliveredHash: NOTHING_DELIVERED });
  expect(await consumers.limit()).toEqual({ slowest: at(0).time, joins: 2 });
  await consumers.acknowledge('one', one.token, at(30));
  expect((await consumers.limit()).slowest).toBe(at(30).time);
  await consumers.leave('one', one.token, at(40));
  expect((await consumers.limit()).slowest).toBe(at(60).time);
  await consumers.leave('two', two.token, at(60));
  expect((await consumers.limit()).slowest).toBeUndefined();
  expect(await events()).toEqual([
    'consumer-joined one 0',
    'consumer-joined two 60',
    'consumer-left one 40',
    'consumer-left two 60',
  ]);
});

test('when no consumer is expected the clock waits for none until one joins', async () => {
  const { consumers, at } = await lockstep({ consumers: 0 });
  expect((await consumers.limit()).slowest).toBeUndefined();
  await consumers.join('one', 'beginning');
  expect((await consumers.limit()).slowest).toBe(at(0).time);
});

test('a position never goes back, a repeated call changes nothing, and a consumer that left cannot acknowledge', async () => {
  const { consumers, at, events } = await lockstep();
  const { token } = await consumers.join('one', 'kept');
  for (let send = 0; send < 2; send++) await consumers.acknowledge('one', token, at(20));
  await consumers.acknowledge('one', token, at(10));
  expect(await consumers.list()).toMatchObject([{ name: 'one', state: 'active', ...at(20) }]);
  for (let send = 0; send < 2; send++) await consumers.leave('one', token, at(25));
  expect(await consumers.list()).toMatchObject([{ name: 'one', state: 'left', ...at(25) }]);
  await expect(consumers.acknowledge('one', token, at(30))).rejects.toThrow(UnknownConsumerError);
  expect(await events()).toEqual(['consumer-joined one 0', 'consumer-left one 25']);
});

test('I2 no position of a consumer is after the clock', async () => {
  const { consumers, at } = await lockstep();
  const { token } = await consumers.join('one', 'kept');
  const ahead = consumers.acknowledge('one', token, at(61));
  await expect(ahead).rejects.toThrow(ConsumerAheadError);
  await expect(ahead).rejects.toMatchObject({ time: at(61).time, clock: at(60).time });
  await expect(consumers.leave('one', token, at(61))).rejects.toThrow(ConsumerAheadError);
  expect(await consumers.list()).toMatchObject([{ state: 'active', time: at(0).time }]);
});

test('I13 a consumer restores a position that is after the clock of a store that was set back', async () => {
  const { consumers, at } = await lockstep();
  const { token } = await consumers.join('one', 'kept');
  await consumers.restore('one', token, at(90));
  expect((await consumers.limit()).slowest).toBe(at(90).time);
  expect((await consumers.join('one', 'kept')).position).toEqual(at(90));
});

test('a join replaces the consumer with the same name, and begins at its position, at the beginning or at the clock', async () => {
  const { consumers, at } = await lockstep();
  const first = await consumers.join('one', 'kept');
  await consumers.acknowledge('one', first.token, at(20));
  const second = await consumers.join('one', 'kept');
  expect(second.position).toEqual(at(20));
  for (const call of [consumers.acknowledge('one', first.token, at(30)), consumers.leave('one', first.token, at(30))]) {
    await expect(call).rejects.toThrow(ConsumerReplacedError);
  }
  await consumers.acknowledge('one', second.token, at(25));
  expect((await consumers.join('one', 'beginning')).position).toMatchObject({ time: at(0).time, steps: 0 });
  expect((await consumers.join('one', 'now')).position).toMatchObject({ time: at(60).time, steps: 0 });
  expect((await consumers.list()).length).toBe(1);
});

test('a silent consumer is dropped, keeps its position, and limits the clock again after its next message', async () => {
  const store = await lockstep({ heartbeatSeconds: 5 });
  const { consumers, at, events } = store;
  const { token } = await consumers.join('one', 'kept');
  await consumers.acknowledge('one', token, at(20));
  // Silent for 4 of the 5 seconds that are allowed, then for 8.
  await silence(store, 'one', 4);
  expect((await consumers.limit()).slowest).toBe(at(20).time);
  await silence(store, 'one', 4);
  expect(await consumers.list()).toMatchObject([{ state: 'silent' }]);
  expect(await consumers.limit()).toEqual({ slowest: undefined, joins: 1 });
  // The read of the limit dropped the consumer. A second read changes nothing more.
  await consumers.limit();
  expect(await consumers.list()).toMatchObject([{ state: 'dropped', ...at(20) }]);
  await consumers.acknowledge('one', token, at(21));
  expect(await consumers.limit()).toEqual({ slowest: at(21).time, joins: 2 });
  expect(await events()).toEqual(['consumer-joined one 0', 'consumer-dropped one 20', 'consumer-joined one 21']);
});

test('with onSilence hold the clock waits for a silent consumer until it is back or removed', async () => {
  const store = await lockstep({ heartbeatSeconds: 5, onSilence: 'hold' });
  const { consumers, at, events } = store;
  const { token } = await consumers.join('one', 'kept');
  await silence(store, 'one', 60);
  expect((await consumers.limit()).slowest).toBe(at(0).time);
  expect(await consumers.list()).toMatchObject([{ state: 'silent' }]);
  await consumers.acknowledge('one', token, at(0));
  expect(await consumers.list()).toMatchObject([{ state: 'active' }]);
  expect(await consumers.remove('one')).toBe(true);
  expect(await consumers.remove('one')).toBe(false);
  expect(await consumers.limit()).toEqual({ slowest: undefined, joins: 1 });
  await expect(consumers.acknowledge('one', token, at(0))).rejects.toThrow(UnknownConsumerError);
  expect(await events()).toEqual(['consumer-joined one 0', 'consumer-left one 0']);
});

test('I11 a session that was reopened waits for no consumer to join, and for no silent one', async () => {
  const store = await lockstep({ consumers: 2, heartbeatSeconds: 5, onSilence: 'hold' });
  const { consumers, at } = store;
  await consumers.noteReopened();
  expect((await consumers.limit()).slowest).toBeUndefined();
  await Promise.all(['gone', 'here'].map((name) => consumers.join(name, 'now')));
  await silence(store, 'gone', 60);
  await consumers.limit();
  expect(await consumers.list()).toMatchObject([
    { name: 'gone', state: 'dropped' },
    { name: 'here', state: 'active' },
  ]);
  expect((await consumers.limit()).slowest).toBe(at(60).time);
});

test('an acknowledgement wakes the owner of the session with the slowest position and the number of joins', async () => {
  const { consumers, at, layout } = await lockstep();
  const { token } = await consumers.join('one', 'kept');
  await consumers.join('two', 'now');
  const subscriber = server.redis.duplicate();
  await subscriber.subscribe(layout.keysOf(0).wake);
  const woken = once(subscriber, 'message') as Promise<[channel: string, message: string]>;
  await consumers.acknowledge('one', token, at(1));
  const [, message] = await woken;
  expect(message).toBe(`consumer ${at(1).time} 2`);
  subscriber.disconnect();
});

test('a move that was decided before a consumer joined is refused', async () => {
  const { consumers, at, writer } = await lockstep();
  const { token } = await consumers.join('one', 'now');
  const { joins } = await consumers.limit();
  await consumers.acknowledge('one', token, at(60));
  await writer.moveClock(at(70).time, { joins });
  await consumers.join('two', 'now');
  await expect(writer.moveClock(at(80).time, { joins })).rejects.toThrow(ConsumersChangedError);
  await writer.moveClock(at(80).time, { joins: joins + 1 });
});

test('consumers of a deleted session cannot act on a new one with the same id', async () => {
  const { consumers, layout, at } = await lockstep();
  const { token } = await consumers.join('one', 'kept');
  // From now on the id belongs to another session.
  await server.redis.hset(layout.keysOf(0).meta, 'incarnation', 'another');
  for (const call of [
    consumers.join('two', 'kept'),
    consumers.acknowledge('one', token, at(1)),
    consumers.leave('one', token, at(1)),
    consumers.remove('one'),
    consumers.list(),
    consumers.limit(),
  ]) {
    await expect(call).rejects.toThrow(SessionLostError);
  }
});

test('a name that is empty, too long or more than one word is refused', async () => {
  const { consumers } = await lockstep();
  for (const name of ['', 'two words', '-first', 'x'.repeat(65)]) {
    await expect(consumers.join(name, 'kept')).rejects.toThrow(ConsumerNameError);
  }
});

test('in a full session a new consumer replaces one that left, and is refused when none has left', async () => {
  const { consumers, layout, at } = await lockstep();
  const { token } = await consumers.join('gone', 'kept');
  await consumers.leave('gone', token, at(0));
  const { consumers: key } = layout.keysOf(0);
  const activeRecord = `active token ${layout.start} 0 0 ${NOTHING_DELIVERED} 0`;
  const others = Array.from({ length: CONSUMERS_MAX - 1 }, (_, i) => [`active-${i}`, activeRecord]);
  await server.redis.hset(key, ...others.flat());
  await consumers.join('new', 'kept');
  expect(await server.redis.hexists(key, 'gone')).toBe(0);
  await expect(consumers.join('another', 'kept')).rejects.toThrow(ConsumerCountError);
});

test('after an outage of Redis no silent consumer is dropped for one heartbeat', async () => {
  const store = await lockstep({ onSilence: 'drop', heartbeatSeconds: 30 });
  const { consumers, layout } = store;
  await consumers.join('one', 'kept');
  await consumers.limit();
  // The consumer has been silent for longer than the heartbeat of 30 s allows.
  const { meta } = layout.keysOf(0);
  await silence(store, 'one', 40);
  // The owner has not read the limit for 20 s, as in an outage.
  await server.redis.hincrby(meta, 'limitAskedAt', -20_000);
  for (let read = 0; read < 2; read++) expect((await consumers.limit()).slowest).toBe(layout.start);
  // The time without drops, one heartbeat, is over.
  await server.redis.hincrby(meta, 'noDropUntil', -31_000);
  expect((await consumers.limit()).slowest).toBeUndefined();
});

test('a dead consumer is dropped in time after the clock of Redis was set back', async () => {
  const store = await lockstep({ onSilence: 'drop', heartbeatSeconds: 30 });
  const { consumers, layout } = store;
  await consumers.join('one', 'kept');
  // Redis' clock was an hour ahead when it noted the consumer's last message and the time without drops after an outage.
  await silence(store, 'one', -3_600);
  await server.redis.hset(layout.keysOf(0).meta, 'noDropUntil', Date.now() + 3_600_000);
  expect((await consumers.limit()).slowest).toBe(layout.start);
  // No consumer is dropped for one heartbeat after an outage. After that, one heartbeat of silence must pass.
  await server.redis.hincrby(layout.keysOf(0).meta, 'noDropUntil', -31_000);
  expect((await consumers.limit()).slowest).toBe(layout.start);
  await silence(store, 'one', 31);
  expect((await consumers.limit()).slowest).toBeUndefined();
});
