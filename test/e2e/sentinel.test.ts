/**
 * The master of the session Redis dies in the middle of a backtest, and a Sentinel makes the replica the master. Consumers that ask the
 * Sentinel, and consumers behind a proxy, get the steps of an undisturbed session.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type Barkeep } from '@barkeep/client';
import type { Redis } from 'ioredis';
import { marketBars, writeBars } from '../support/data/market.js';
import { SentinelServers } from '../support/system/sentinel.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2013-10-01', end: '2013-10-04' };
const CONSUMERS = ['sentinel-1', 'sentinel-2', 'proxy-1', 'proxy-2'];
const SPEC = {
  ...DATES,
  symbols: ['AAA', 'BBB'],
  source: { type: 'dataset', dataset: 'stream' },
  derivedIntervals: ['5m', '1h'],
  pace: { mode: 'lockstep', consumers: CONSUMERS.length },
} as const;
/** In each of so many steps a consumer waits, so that the failover comes within the backtest. */
const STEPS_PER_PAUSE = 10;

const folder = mkdtempSync(join(tmpdir(), 'sentinel-'));
let servers: SentinelServers;
let system: TestSystem;
let coordinator: string;
const clients: Barkeep[] = [];
const connections: Redis[] = [];

beforeAll(async () => {
  servers = await SentinelServers.start(folder);
  system = await TestSystem.create({ SESSION_REDIS_URL: servers.gate.url });
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...SPEC, seed: 5 }));
  ({ url: coordinator } = await system.coordinator());
  await system.worker();
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  for (const connection of connections) connection.disconnect();
  await system?.close();
  await servers?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A client that asks the Sentinel for the master, or that connects through the proxy. */
function clientOf(consumer: string): Barkeep {
  const redis = consumer.startsWith('sentinel') ? servers.connection() : servers.gate.url;
  if (typeof redis !== 'string') connections.push(redis);
  const client = connect({ coordinator, redis, keyPrefix: system.sessionPrefix });
  clients.push(client);
  return client;
}

/** Follows a session with all consumers to its end. @param onDay called when the first consumer has passed the second day */
async function followAll(id: string, onDay: () => Promise<void> = () => Promise.resolve()) {
  const control = clientOf('proxy');
  const session = await control.createSession({ ...SPEC, id }, { start: true });
  let disturbing: Promise<void> | undefined;
  const follow = async (consumer: string): Promise<void> => {
    let steps = 0;
    for await (const { date, mirror } of clientOf(consumer).session(id).follow({ consumer })) {
      expect(mirror.latestBar('AAA')!.closeTime).toBeLessThanOrEqual(mirror.clock);
      if (date === '2013-10-02') disturbing ??= onDay();
      if (++steps % STEPS_PER_PAUSE === 0) await delay(1);
    }
  };
  const mirrors = await Promise.all([clientOf('sentinel'), clientOf('proxy')].map((c) => c.session(id).mirror()));
  await Promise.all(CONSUMERS.map(follow));
  await disturbing;
  await session.completed();
  const counts = await Promise.all(
    mirrors.map(async (mirror) => {
      await mirror.update();
      return mirror.barCount('BBB');
    }),
  );
  const consumers = (await session.consumers()).map(({ deliveredHash, steps }) => `${steps} ${deliveredHash}`);
  return { consumers, counts, digest: (await session.digest()).digest };
}

test('I1 after a failover by Sentinel all consumers and mirrors get what an undisturbed session gives', async () => {
  const undisturbed = await followAll('undisturbed');
  expect(new Set(undisturbed.consumers).size).toBe(1);
  let hasFailedOver = false;
  const disturbed = await followAll('disturbed', async () => {
    await servers.failOver();
    hasFailedOver = true;
  });
  expect(hasFailedOver).toBe(true);
  expect(disturbed).toEqual(undisturbed);
}, 120_000);
