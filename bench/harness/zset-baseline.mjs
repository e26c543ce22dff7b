/**
 * The obvious way to stream: reads rows by a cursor in time order and writes each bar as JSON into a sorted set of its
 * symbol, in pipelines. It is written with care, so that the comparison is fair: large fetches, large pipelines, times
 * as numbers, and the next rows are fetched while the previous ones are written.
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
