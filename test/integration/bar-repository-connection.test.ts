/**
 * A PostgreSQL connection that is lost while it is borrowed: the work on it rejects, and the process continues.
 * I11: an invariant at the end of docs/ARCHITECTURE.md.
 */
import {
  BarImporter,
  createDataSource,
  readWindow,
  resolveDataset,
  symbolIds,
  withConnection,
} from '@barkeep/bar-repository';
import { DataSource } from 'typeorm';
import { migratedDatabase, terminateCopy } from '../support/setup/database.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

/** The open of XNYS on 2013-10-04. */
const OPEN = Date.UTC(2013, 9, 4, 13, 30);
const BAR = { openTime: OPEN, open: 1, high: 1, low: 1, close: 1, volume: 1 };

const { url, dataSource } = migratedDatabase();
/** A proxy in front of the database's server, which can cut connections. */
let gate: TcpGate;

beforeAll(async () => (gate = await tcpGate(url, 5432)));
afterAll(() => gate.shut());

const WAYS_TO_CUT = ['reset', 'closed'] as const;

/** A DataSource of a user, which has none of Barkeep's settings, through the gate. */
const openOwn = () => new DataSource({ type: 'postgres', url: gate.url }).initialize();

test.each(WAYS_TO_CUT)(
  'I11 a statement rejects when its connection is %s, and the pool connects again',
  async (how) => {
    const own = await openOwn();
    try {
      const lost = withConnection(own, async (client) => {
        const asleep = client.query('SELECT pg_sleep(60)');
        await gate.cut(how);
        return asleep;
      });
      await expect(lost).rejects.toThrow(/terminated|ECONNRESET/);
      const { rows } = await withConnection(own, (client) => client.query<{ one: number }>('SELECT 1 AS one'));
      expect(rows).toEqual([{ one: 1 }]);
    } finally {
      await own.destroy();
    }
  },
);

/**
 * A message of the PostgreSQL protocol: its type, its length without the type, and its content.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function message(type: string, content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(4 + content.length);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(content)]);
}

/** ReadyForQuery of an idle connection. */
const READY = message('Z', 'I');
/** ErrorResponse of a server that terminates the connection: severity twice, error code and text. */
const TERMINATED = message('E', 'SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0');

/** Connections through the gate. `selectOne` returns the rows of `SELECT 1 AS one`. */
interface Connections {
  selectOne(): Promise<unknown>;
  end(): Promise<void>;
}

async function connectionsOfTypeorm(): Promise<Connections> {
  const throughGate = await createDataSource(gate.url).initialize();
  return { selectOne: () => throughGate.query('SELECT 1 AS one'), end: () => throughGate.destroy() };
}

async function borrowedConnections(): Promise<Connections> {
  const own = await openOwn();
  const selectOne = () => withConnection(own, async (client) => (await client.query('SELECT 1 AS one')).rows);
  return { selectOne, end: () => own.destroy() };
}

test.each([
  ['of TypeORM', connectionsOfTypeorm],
  ["on a connection of a user's DataSource", borrowedConnections],
])(
  'I11 a query %s rejects when the server terminates its connection in the packet that makes it ready, and the next one works',
  async (_name, open) => {
    const connections = await open();
    try {
      // The gate adds TERMINATED to each packet that ends with READY.
      gate.append({ ending: READY, more: TERMINATED });
      const queries = await Promise.allSettled([1, 2, 3, 4].map(() => connections.selectOne()));
      // How many of the queries get a terminated connection depends on when the pool opens the next one.
      expect(queries.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(1);
      gate.append(undefined);
      await expect(connections.selectOne()).resolves.toEqual([{ one: 1 }]);
    } finally {
      gate.append(undefined);
      await connections.end();
    }
  },
);

test.each(WAYS_TO_CUT)(
  'I11 an import whose connection is %s between two writes fails and stores nothing',
  async (how) => {
    const throughGate = await createDataSource(gate.url).initialize();
    try {
      const importer = await BarImporter.open(throughGate, `lost-${how}`);
      await importer.write('AAA', [BAR]);
      await gate.cut(how);
      // The message depends on whether the process has noticed the loss before it writes again.
      await expect(importer.finish()).rejects.toThrow(/ECONNRESET|terminated|EPIPE|not queryable/);
      const [count] = await dataSource.query<{ rows: string }[]>(
        'SELECT count(*) AS rows FROM bars JOIN datasets ON datasets.id = dataset_id WHERE name = $1',
        [`lost-${how}`],
      );
      expect(count).toEqual({ rows: '0' });
    } finally {
      await throughGate.destroy();
    }
  },
);

test('I11 an import and a read whose backends are terminated during a COPY reject, and the next ones work', async () => {
  // So many bars that a COPY of them still runs when its backend is terminated.
  const bars = Array.from({ length: 300_000 }, (_, i) => ({ ...BAR, openTime: OPEN + i * 60_000 }));
  const importAll = async () => {
    const importer = await BarImporter.open(dataSource, 'cut');
    try {
      await importer.write('AAA', bars);
      return await importer.finish();
    } finally {
      await importer.abort();
    }
  };
  await expectLost(importAll, /terminat|ECONNRESET|EPIPE/);
  expect(await importAll()).toMatchObject({ accepted: bars.length });

  const datasetId = (await resolveDataset(dataSource, 'cut'))!;
  const ids = [...(await symbolIds(dataSource, ['AAA'])).values()];
  const ranges = [{ from: OPEN, to: OPEN + bars.length * 60_000 }];
  const readAll = () => readWindow(dataSource, { datasetId, symbolIds: ids, ranges }, () => undefined);
  await expectLost(readAll, /terminat|ECONNRESET/);
  expect(await readAll()).toBe(bars.length);
});

/** Starts work, terminates the backend of its COPY, and checks that the work rejects with this error. */
async function expectLost(work: () => Promise<unknown>, error: RegExp): Promise<void> {
  const lost = expect(work()).rejects.toThrow(error);
  await terminateCopy(dataSource, "state = 'active'");
  await lost;
}

test('I11 a connection that refuses a write as read-only is replaced by a new one', async () => {
  const small = await createDataSource(url, { poolSize: 2 }).initialize();
  try {
    const pid = async () => (await small.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid'))[0].pid;
    const pidBefore = await pid();
    // The connection now refuses writes, as a primary that was demoted to a replica would.
    await small.query('SET default_transaction_read_only = on');
    await expect(small.query('CREATE TABLE demoted ()')).rejects.toMatchObject({ code: '25006' });
    await small.query('CREATE TABLE demoted ()');
    expect(await pid()).not.toBe(pidBefore);
  } finally {
    await small.destroy();
  }
});
