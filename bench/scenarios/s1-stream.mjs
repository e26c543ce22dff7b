/** The main figure: how fast a session streams rows from PostgreSQL into its session store. */
import { Client } from 'pg';
import { NO_UPKEEP, runSession } from '../harness/session.mjs';

/** The bytes of PostgreSQL's message ReadyForQuery (`Z`, length 5, `I` for idle), which ends the answer to a command. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const ROWS_PER_FETCH = 10_000;

export default {
  id: 'S1',
  title: [
    'stream: 400 symbols × 20 days, Postgres rows → session store, pace max, upkeep off',
    'limit: COPY, rows discarded',
    'baseline: cursor + ZADD of JSON',
  ].join('; '),
  unit: 'bars/s',
  targets: { ratioToLimit: 0.8, ratioToBaseline: 8, bytesPerBarMax: 60 },
  async prepare(bench) {
    const market = await bench.market({ symbols: 400, days: 20 });
    const system = await bench.system();
    return {
      value: () => runSession(bench, system, market, NO_UPKEEP),
      limit: () => drainCopy(bench, system.meter, market),
      // The baseline sends three million single commands, which takes half a minute. One sample is enough for a factor of eight.
      baseline: Object.assign(() => zsetSession(bench, system.meter, market), { rounds: 1 }),
    };
  },
};

/**
 * The limit of streaming: reads the rows of a market by one `COPY … (FORMAT binary)`, with the columns that streaming reads, and discards
 * the bytes as they arrive from the socket. No JavaScript program can read rows from PostgreSQL with less work.
 */
async function drainCopy({ services }, meter, { datasetId, bars }) {
  const client = new Client({ connectionString: services.databaseUrl });
  client.on('error', () => undefined); // this function ends the connection by closing its socket
  await client.connect();
  const socket = client.connection.stream;
  socket.removeAllListeners('data');
  const columns = 'symbol_id, "time", open, high, low, close, volume';
  const copy = `COPY (SELECT ${columns} FROM bars WHERE dataset_id = ${datasetId}) TO STDOUT (FORMAT binary)`;
  const drained = () =>
    new Promise((resolve, reject) => {
      socket.on('data', (chunk) => {
        if (chunk.subarray(-READY.length).equals(READY)) resolve();
      });
      socket.once('error', reject);
      client.connection.query(copy);
    });
  // The sample is complete while the server's process still runs, so that its CPU seconds can be read.
  const sample = await meter.sample(bars, drained);
  socket.destroy();
  return sample;
}

/**
 * The obvious way to stream: reads rows by a cursor in time order and writes each bar as JSON into a sorted set of its
 * symbol, in pipelines. So that the comparison is fair, it uses large fetches, large pipelines and times as numbers, and
 * fetches the next rows while it writes the previous ones.
 */
async function zsetSession(bench, meter, { datasetId, bars }) {
  const { redis, services } = bench;
  const keys = new Set();
  const client = new Client({ connectionString: services.databaseUrl });
  await client.connect();
  const sample = await bench.storing(meter, bars, async () => {
    await client.query('BEGIN READ ONLY');
    await client.query(
      `DECLARE rows NO SCROLL CURSOR FOR SELECT symbol_id, (extract(epoch FROM "time") * 1000)::float8, open, high, low, close, volume FROM bars
     WHERE dataset_id = ${Number(datasetId)} ORDER BY "time", symbol_id`,
    );
    const fetch = () => client.query({ text: `FETCH ${ROWS_PER_FETCH} FROM rows`, rowMode: 'array' });
    let pending = fetch();
    for (;;) {
      const { rows } = await pending;
      if (rows.length === 0) break;
      pending = fetch();
      const pipeline = redis.pipeline();
      for (const [symbol, openTime, open, high, low, close, volume] of rows) {
        const key = `bench-zset:${symbol}`;
        keys.add(key);
        pipeline.zadd(key, openTime, JSON.stringify({ openTime, open, high, low, close, volume }));
      }
      await pipeline.exec();
    }
  });
  await client.end();
  await redis.unlink(...keys);
  return sample;
}
