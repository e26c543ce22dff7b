/**
 * A strategy as a user would write it, in a separate process. It follows a session step by step and writes a line for
 * each step to a file: the time, the number of bars, and a hash of all that it could see. The file survives a kill.
 *
 * Argument: JSON of `StrategyOptions` (strategies.ts), with the connection and the file. Sends over IPC `held STEP`,
 * `paused STEP`, `rested STEP` and `done`. After `held` and `rested` it waits for any message.
 */
import { connect } from '@barkeep/client';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const { connection, session: id, follow, file, dieAt, holdAt, pauseAt, pauseMs } = JSON.parse(process.argv[2]);

/** Hash of everything that a step shows: its bars, and the newest bars of the mirror. */
function hashOfStep({ time, bars, derived, mirror }) {
  const derivedBars = [...derived].map(([interval, closed]) => [interval, [...closed]]);
  const newest = mirror.symbols.map((symbol) => [
    mirror.lastBars(symbol, 3),
    [...mirror.closes(symbol, 20)],
    ...[...derived.keys()].map((interval) => mirror.latestBar(symbol, interval)),
  ]);
  return createHash('md5')
    .update(JSON.stringify([time, [...bars], derivedBars, newest]))
    .digest('hex');
}

const barkeep = connect(connection);
const lines = openSync(file, 'a');
let step = 0;
for await (const shown of barkeep.session(id).follow(follow)) {
  writeSync(lines, `${shown.time} ${shown.barCount} ${hashOfStep(shown)}\n`);
  step++;
  if (step === dieAt) process.kill(process.pid, 'SIGKILL');
  if (step === holdAt) {
    process.send(`held ${step}`);
    await once(process, 'message');
  }
  if (step === pauseAt) {
    process.send(`paused ${step}`);
    await delay(pauseMs);
    // Listens before it sends, so that it cannot miss the answer.
    const released = once(process, 'message');
    process.send(`rested ${step}`);
    await released;
  }
}
await barkeep.close();
process.send('done');
process.disconnect();
