/**
 * The plain way to stream: rows by a cursor in time order, each bar as JSON in a sorted set of its symbol, the writes pipelined.
 * It is written with care: large fetches, large pipelines, times as numbers, the next rows are fetched while the last are written.
 */
import { Client } from 'pg';

const ROWS_A_FETCH = 10_000;

export async function zsetSession(bench, { databaseUrl }, { datasetId, bars }, meter) {
  const redis = await bench.redis();
  const keys = new Set();
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const bytesBefore = await bench.redisBytes();
  meter.reset();
  const startedAt = performance.now();
  await client.query('BEGIN READ ONLY');
  await client.query(
    `DECLARE rows NO SCROLL CURSOR FOR SELECT symbol_id, (extract(epoch FROM "time") * 1000)::float8, open, high, low, close, volume FROM bars
     WHERE dataset_id = ${Number(datasetId)} ORDER BY "time", symbol_id`,
  );
  const fetch = () => client.query({ text: `FETCH ${ROWS_A_FETCH} FROM rows`, rowMode: 'array' });
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
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = meter.seconds();
  await client.end();
  const bytes = (await bench.redisBytes()) - bytesBefore;
  await redis.unlink(...keys);
  return { rate: bars / seconds, cpu, bytesPerBar: bytes / bars };
}
