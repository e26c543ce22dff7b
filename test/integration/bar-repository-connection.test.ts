/** A PostgreSQL connection that is lost while it is borrowed: the work on it rejects, and the process continues (I11). */
import { BarImporter, createDataSource, migrate, withConnection } from '@barkeep/bar-repository';
import { Pool } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { tcpGate, type TcpGate } from '../support/tcp-gate.js';

const OPEN = Date.UTC(2013, 9, 4, 13, 30);

let database: TestDatabase;
let gate: TcpGate;

beforeAll(async () => {
  database = await createTestDatabase();
  gate = await tcpGate(database.url, 5432);
});

afterAll(async () => {
  await gate.shut();
  await database.drop();
});

test.each(['reset', 'closed'] as const)(
  'I11 a statement rejects when its connection is %s, and the pool connects again',
  async (how) => {
    const pool = new Pool({ connectionString: gate.url });
    pool.on('error', () => undefined);
    try {
      const lost = withConnection(pool, async (client) => {
        const asleep = client.query('SELECT pg_sleep(60)');
        await gate.cut(how);
        return asleep;
      });
      await expect(lost).rejects.toThrow(/terminated|ECONNRESET/);
      const { rows } = await withConnection(pool, (client) => client.query<{ one: number }>('SELECT 1 AS one'));
      expect(rows).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
    }
  },
);

test.each(['reset', 'closed'] as const)(
  'I11 an import whose connection is %s between two writes fails and stores nothing',
  async (how) => {
    const [dataSource, direct] = await Promise.all(
      [gate.url, database.url].map((url) => createDataSource(url).initialize()),
    );
    try {
      await migrate(direct!);
      const importer = await BarImporter.open(dataSource!, `lost-${how}`);
      const bar = { openTime: OPEN, open: 1, high: 1, low: 1, close: 1, volume: 1 };
      await importer.write('AAA', [bar]);
      await gate.cut(how);
      await expect(importer.finish()).rejects.toThrow(/ECONNRESET|terminated|EPIPE|not queryable/);
      const [count] = await direct!.query<{ rows: string }[]>(
        'SELECT count(*) AS rows FROM bars JOIN datasets ON datasets.id = dataset_id WHERE name = $1',
        [`lost-${how}`],
      );
      expect(count).toEqual({ rows: '0' });
    } finally {
      await Promise.all([dataSource!.destroy(), direct!.destroy()]);
    }
  },
);
