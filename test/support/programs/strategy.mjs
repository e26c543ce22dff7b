/**
 * A strategy as a user would write it, in a separate process. It follows a session step by step and writes a line for
 * each step to a file: the time, the number of bars, and a hash of all that it could see. The file survives a kill.
 *
 * Argument: JSON of `StrategyOptions` (strategies.ts). Sends over IPC: `held STEP` (continues after any message),
 * `paused STEP`, `rested STEP` (likewise), `done`.
 */
import { connect } from '@barkeep/client';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const { connection, session: id, follow, file, dieAt, holdAt, pauseAt, pauseMs } = JSON.parse(process.argv[2]);

/** Everything that a step shows: its own bars and those before it. */
function seenIn({ time, bars, derived, mirror }) {
  const maps = [...derived].map(([interval, closed]) => [interval, [...closed]]);
  const newest = mirror.symbols.map((symbol) => [
    mirror.lastBars(symbol, 3),
    [...mirror.closes(symbol, 20)],
    ...[...derived.keys()].map((interval) => mirror.latestBar(symbol, interval)),
  ]);
  return createHash('md5')
    .update(JSON.stringify([time, [...bars], maps, newest]))
    .digest('hex');
}

const barkeep = connect(connection);
const lines = openSync(file, 'a');
let step = 0;
for await (const shown of barkeep.session(id).follow(follow)) {
  writeSync(lines, `${shown.time} ${shown.barCount} ${seenIn(shown)}\n`);
  step++;
  if (step === dieAt) process.kill(process.pid, 'SIGKILL');
  if (step === holdAt) {
    process.send(`held ${step}`);
    await once(process, 'message');
  }
  if (step === pauseAt) {
    process.send(`paused ${step}`);
    await delay(pauseMs);
    const released = once(process, 'message');
    process.send(`rested ${step}`);
    await released;
  }
}
await barkeep.close();
process.send('done');
process.disconnect();
