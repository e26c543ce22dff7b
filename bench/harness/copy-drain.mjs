/**
 * The limit of streaming: reads the rows of a market by one `COPY … (FORMAT binary)` and discards the bytes as they
 * arrive from the socket. No JavaScript program can read rows from PostgreSQL with less work.
 */
import { Client } from 'pg';

/** ReadyForQuery, idle: the last message of a command. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** @param measure is called at the end, while the server's process still runs, so that its CPU seconds can be read */
export async function drainCopy(databaseUrl, sql, measure) {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => undefined); // this function ends the connection by closing its socket
  await client.connect();
  const socket = client.connection.stream;
  socket.removeAllListeners('data');
  const startedAt = performance.now();
  let bytes = 0;
  await new Promise((resolve, reject) => {
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (chunk.subarray(-READY.length).equals(READY)) resolve();
    });
    socket.once('error', reject);
    client.connection.query(sql);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = measure();
  socket.destroy();
  return { seconds, bytes, cpu };
}

/** The COPY of all rows of a market, with the columns that streaming reads. */
export function copySql({ datasetId }) {
  const columns = 'symbol_id, "time", open, high, low, close, volume';
  return `COPY (SELECT ${columns} FROM bars WHERE dataset_id = ${datasetId}) TO STDOUT (FORMAT binary)`;
}
