/** A feeder as a user writes it: sends all bars of a session in batches, then ends its streams. Started again it sends everything again. */
import { readFileSync } from 'node:fs';
import { connect } from '@barkeep/client';

const { connection, session: id, file, pauseMs } = JSON.parse(process.argv[2]);
process.send('ready');
process.on('SIGTERM', () => process.exit(0));
const barkeep = connect(connection);
const session = barkeep.session(id);
const bars = Object.entries(JSON.parse(readFileSync(file, 'utf8')));
const HOUR_MS = 3_600_000;
const streams = new Map(bars.map(([symbol]) => [symbol, session.registerStream(symbol)]));
const hours = new Set(bars.flatMap(([, all]) => all.map(({ openTime }) => Math.floor(openTime / HOUR_MS))));
for (const hour of [...hours].sort((a, b) => a - b)) {
  await Promise.all(
    bars.map(([symbol, all]) =>
      streams.get(symbol).feed(all.filter(({ openTime }) => Math.floor(openTime / HOUR_MS) === hour)),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
await Promise.all([...streams.values()].map((stream) => stream.end()));
await barkeep.close();
process.exit(0);
