/**
 * A strategy as a user would write it, in a separate process. It follows a session step by step and writes a line for
 * each step to a file: the time, the number of bars, and a hash of all that it could see. The file survives a kill.
 *
 * Argument: JSON of `StrategyOptions` (strategies.ts), with the connection and the file. At the step `dieAt` it kills itself. At `holdAt` it
 * sends `held STEP` over IPC and waits for any message. At `pauseAt` it sends `paused STEP`, is slow for `pauseMs`, sends `rested STEP`, and
 * waits, too. At the end it sends `done`.
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

/** Sends a message, and waits for any answer. */
async function sendAndWait(message) {
  const answered = once(process, 'message'); // listens first, so that it cannot miss the answer
  process.send(message);
  await answered;
}

const barkeep = connect(connection);
const lines = openSync(file, 'a');
let step = 0;
for await (const shown of barkeep.session(id).follow(follow)) {
  writeSync(lines, `${shown.time} ${shown.barCount} ${hashOfStep(shown)}\n`);
  step++;
  if (step === dieAt) process.kill(process.pid, 'SIGKILL');
  if (step === holdAt) await sendAndWait(`held ${step}`);
  if (step === pauseAt) {
    process.send(`paused ${step}`);
    await delay(pauseMs);
    await sendAndWait(`rested ${step}`);
  }
}
await barkeep.close();
process.send('done');
process.disconnect();
