/**
 * The schema and its connections: migrations, settings, and the plan of the query that reads windows.
 * I13: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { createDataSource, migrate } from '@barkeep/bar-repository';
import { isOutage } from '@barkeep/session-data';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';
import { windowSql } from '../../libs/bar-repository/src/rows/index.js';
import { MIGRATIONS } from '../../libs/bar-repository/src/schema/index.js';

let database: TestDatabase;
const opened: DataSource[] = [];

/** Connects like a process; the connections are closed after all tests. */
async function connect(poolSize?: number): Promise<DataSource> {
  const dataSource = await createDataSource(database.url, { poolSize }).initialize();
  opened.push(dataSource);
  return dataSource;
}

beforeAll(async () => (database = await createTestDatabase()));

afterAll(async () => {
  await Promise.all(opened.map((dataSource) => dataSource.destroy()));
  await database.drop();
});

test('many processes migrate an empty database at once: each migration runs once', async () => {
  const processes = await Promise.all([connect(), connect(), connect()]);
  // This one migrates three times at once, with only two connections.
  const small = await connect(2);
  const ran = await Promise.all([...processes, small, small, small].map(migrate));
  // `migrate` returns the names of the migrations that it ran.
  expect(ran.flat()).toEqual(MIGRATIONS.map(({ name }) => name));
});

test('many processes migrate at once also where transactions are repeatable reads by default', async () => {
  const other = await createTestDatabase();
  const databaseName = new URL(other.url).pathname.slice(1);
  await queryDatabase(
    other.url,
    `ALTER DATABASE ${databaseName} SET default_transaction_isolation = 'repeatable read'`,
  );
  const processes = await Promise.all([1, 2, 3].map(() => createDataSource(other.url).initialize()));
  try {
    const ran = await Promise.all(processes.map(migrate));
    expect(ran.flat()).toEqual(MIGRATIONS.map(({ name }) => name));
  } finally {
    await Promise.all(processes.map((dataSource) => dataSource.destroy()));
    await other.drop();
  }
});

test('a second migration finds nothing to do', async () => {
  const dataSource = await connect();
  await migrate(dataSource);
  expect(await migrate(dataSource)).toEqual([]);
});

test('a migration whose connection is terminated rejects with the reason of the server, and a later one runs', async () => {
  const [blocker, dataSource] = await Promise.all([connect(), connect()]);
  await migrate(dataSource);
  await blocker.transaction(async (manager) => {
    await manager.query('LOCK TABLE migrations');
    // The code of a connection that an administrator terminated.
    const terminated = expect(migrate(dataSource)).rejects.toMatchObject({ code: '57P01' });
    const terminateBlocked = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM migrations%' AND pid <> pg_backend_pid()`;
    // Asks on another connection than `manager`: within a transaction pg_stat_activity does not change after its first read.
    while ((await blocker.query<unknown[]>(terminateBlocked)).length === 0) await delay(20);
    await terminated;
  });
  expect(await migrate(dataSource)).toEqual([]);
});

test('connections have no JIT, UTC, the name barkeep, and a check that their client still lives', async () => {
  const dataSource = await connect();
  const [row] = await dataSource.query<Record<string, string>[]>(
    `SELECT current_setting('jit') AS jit, current_setting('TimeZone') AS zone, current_setting('application_name') AS name,
       current_setting('client_connection_check_interval') AS checked`,
  );
  expect(row).toEqual({ jit: 'off', zone: 'UTC', name: 'barkeep', checked: '1s' });
});

test('the limits that a database sets for its statements do not end long ones', async () => {
  const other = await createTestDatabase();
  const databaseName = new URL(other.url).pathname.slice(1);
  for (const limit of ['statement_timeout', 'lock_timeout'])
    await queryDatabase(other.url, `ALTER DATABASE "${databaseName}" SET ${limit} = '50ms'`);
  const [holder, dataSource] = [createDataSource(other.url), createDataSource(other.url)];
  await Promise.all([holder.initialize(), dataSource.initialize()]);
  try {
    await dataSource.query('SELECT pg_sleep(0.2)');
    const locked = holder.query('SELECT pg_advisory_xact_lock(1), pg_sleep(0.3)');
    await delay(100); // now `holder` has the lock, and the next statement waits for it longer than 50 ms
    await dataSource.query('SELECT pg_advisory_lock(1)');
    await locked;
  } finally {
    await Promise.all([holder.destroy(), dataSource.destroy()]);
    await other.drop();
  }
});

test('I13 a statement of a service that waits too long for a lock fails as an outage, and never takes effect', async () => {
  const holder = await connect();
  const limited = await createDataSource(database.url, { lockLimitMs: 100 }).initialize();
  try {
    await migrate(limited);
    await holder.transaction(async (manager) => {
      await manager.query('LOCK TABLE removed_sessions IN SHARE MODE'); // as CREATE INDEX does
      const insert = `INSERT INTO removed_sessions (incarnation, id) VALUES (gen_random_uuid(), 'late')`;
      const error: unknown = await limited.query(insert).catch((caught: unknown) => caught);
      expect(isOutage(error)).toBe(true);
    });
    expect(await holder.query(`SELECT FROM removed_sessions WHERE id = 'late'`)).toEqual([]);
  } finally {
    await limited.destroy();
  }
});

test('a day of all symbols and a year of one are read from the index alone', async () => {
  const dataSource = await connect();
  await migrate(dataSource);
  // 50 symbols with a bar for each hour of 83 days.
  await dataSource.query(`
    INSERT INTO bars (dataset_id, symbol_id, "time", open, high, low, close, volume)
    SELECT 1, symbol, '2024-01-01Z'::timestamptz + step * interval '1 hour', 1, 1, 1, 1, 1
    FROM generate_series(1, 50) AS symbol, generate_series(0, 1999) AS step`);
  await dataSource.query('VACUUM ANALYZE bars');
  const allIds = Array.from({ length: 50 }, (_, i) => i + 1);
  for (const [symbolIds, from, to] of [
    [allIds, '2024-02-01', '2024-02-02'],
    [[7], '2024-01-01', '2025-01-01'],
  ] as const) {
    const ranges = [{ from: Date.parse(from), to: Date.parse(to) }];
    const copy = windowSql({ datasetId: 1, symbolIds, ranges })!;
    // EXPLAIN takes the SELECT inside the COPY.
    const select = copy.replace(/^COPY \((.*)\) TO STDOUT.*$/, '$1');
    const plan = await dataSource.transaction(async (manager) => {
      // VACUUM marks fewer pages as all-visible while other transactions hold old rows. The planner might then prefer a
      // bitmap scan, although production would not.
      await manager.query('SET LOCAL enable_bitmapscan = off');
      return manager.query<{ 'QUERY PLAN': string }[]>(`EXPLAIN (COSTS OFF) ${select}`);
    });
    expect(plan[0]!['QUERY PLAN']).toBe('Index Only Scan using bars_pkey on bars');
  }
});
