/**
 * A process that follows sessions in lockstep with an empty loop. Its parent sends the id of a session, and the process
 * answers with the steps and bars that it received.
 */
import { followSession } from '@barkeep/client';
import { SessionLostError, SessionReader } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';

const redis = new Redis(process.argv[2]);
const reader = new SessionReader(redis, 'barkeep');

/** The session, as soon as its store exists. */
async function open(id) {
  for (;;) {
    try {
      return await reader.open(id);
    } catch (error) {
      if (!(error instanceof SessionLostError)) throw error;
      await delay(2);
    }
  }
}

async function consume({ id, consumer, every }) {
  const session = await open(id);
  const cpu = process.cpuUsage();
  let [steps, bars, firstAt, lastAt, firstBars] = [0, 0, 0, 0, 0];
  let stepping;
  for await (const step of followSession(redis, session, { consumer, every })) {
    bars += step.barCount;
    if (steps++ === 0) {
      firstAt = performance.now();
      firstBars = bars;
      stepping = process.cpuUsage();
    }
    if (step.time === session.layout.end) lastAt = performance.now();
  }
  // Measured from the first step to the last, because a real loop runs long enough that its start does not matter.
  const nanosABar = (usageOf(stepping) * 1e9) / (bars - firstBars);
  const rate = (1e3 * (bars - firstBars)) / (lastAt - firstAt);
  return { id, steps, bars, endedAt: Date.now(), cpu: usageOf(cpu), nanosABar, rate };
}

/** CPU seconds since an earlier reading. */
function usageOf(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

process.on('message', (message) => {
  consume(message).then(
    (result) => process.send(result),
    (error) => process.send({ id: message.id, error: String(error.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send('ready');
