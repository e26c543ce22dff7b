/** A worker that fails a session (`onFailure: fail`), and loses the session Redis after it has changed the row in PostgreSQL. */
import { createDataSource, migrate, SessionRepository } from '@barkeep/bar-repository';
import { readControl } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { failSession } from '../../apps/upkeep-worker/src/upkeep-sessions.js';
import { SMALL_SPEC, StoreServer } from '../support/sessions/session-store.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';

const server = new StoreServer();
let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
});

afterAll(async () => {
  await dataSource.destroy();
  await Promise.all([database.drop(), server.close()]);
});

test('a repeated call stops the stream and emits the state, when the first one could change only the row', async () => {
  const sessions = new SessionRepository(dataSource);
  const { row } = await sessions.create({ id: 'failing', spec: SMALL_SPEC });
  await sessions.transition(row, ['created'], 'running');
  const { layout } = await server.begin(server.layout(SMALL_SPEC, row.id, row.incarnation));
  await sessions.claim(layout, 'one');
  // No server listens at port 1.
  const lostRedis = new Redis(1, { lazyConnect: true, retryStrategy: () => null });
  lostRedis.on('error', () => undefined);
  const failed = failSession(dataSource, lostRedis, layout, 'repository v failed');
  await expect(failed).rejects.toThrow(/closed|ECONNREFUSED/);
  expect(await sessions.get(row.id)).toMatchObject({ state: 'failed', error: 'repository v failed' });

  // The error in the row, which the event repeats, stays that of the first call.
  await failSession(dataSource, server.redis, layout, 'repository v failed again');
  expect(await readControl(server.redis, layout)).toMatchObject({ control: 'stop' });
  const events = await server.redis.xrange(layout.keysOf(0).events, '-', '+');
  expect(events.at(-1)?.[1]).toEqual(expect.arrayContaining(['state', 'failed', 'error', 'repository v failed']));
  // The state is emitted once, however often the call is repeated.
  await failSession(dataSource, server.redis, layout, 'repository v failed again');
  expect(await server.redis.xlen(layout.keysOf(0).events)).toBe(events.length);
});
