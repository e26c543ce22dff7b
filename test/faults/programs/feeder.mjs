/**
 * A feeder as a user writes it: sends all bars of a session hour by hour, then ends its streams. When it is started again,
 * it sends everything again.
 */
import { readFileSync } from 'node:fs';
import { connect } from '@barkeep/client';

const { connection, session: id, file, pauseMs } = JSON.parse(process.argv[2]);
process.send('ready');
process.on('SIGTERM', () => process.exit(0));
const barkeep = connect(connection);
const session = barkeep.session(id);
const barsBySymbol = Object.entries(JSON.parse(readFileSync(file, 'utf8')));
const hourOf = ({ openTime }) => Math.floor(openTime / 3_600_000);
const streams = new Map(barsBySymbol.map(([symbol]) => [symbol, session.registerStream(symbol)]));
const hours = new Set(barsBySymbol.flatMap(([, bars]) => bars.map(hourOf)));
for (const hour of [...hours].sort((a, b) => a - b)) {
  const feedHour = ([symbol, bars]) => streams.get(symbol).feed(bars.filter((bar) => hourOf(bar) === hour));
  await Promise.all(barsBySymbol.map(feedHour));
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
await Promise.all([...streams.values()].map((stream) => stream.end()));
await barkeep.close();
process.exit(0);
