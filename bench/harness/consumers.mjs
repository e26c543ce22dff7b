/**
 * Starts processes that follow sessions in lockstep with an empty loop. Each process runs this file as its program: the
 * parent sends the id of a session, and the process answers with the steps and bars that it received.
 */
import { followSession } from '@barkeep/client';
import { openSession, SessionLostError } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSecondsSince } from './proc.mjs';

/** Starts `count` processes. BENCH_CONSUMER_ARGS has arguments for their Node. */
export async function startConsumers(sessionRedisUrl, count) {
  const execArgv = process.env.BENCH_CONSUMER_ARGS?.split(' ') ?? [];
  const children = Array.from({ length: count }, () => fork(import.meta.filename, [sessionRedisUrl], { execArgv }));
  await Promise.all(children.map((child) => once(child, 'message'))); // 'ready'
  return {
    /**
     * Lets the first `number` processes follow a session to its end. @returns for each process `{ steps, bars, endedAt, cpu,
     * nanosPerBar, rate }`. `endedAt` is in epoch ms and `cpu` in CPU seconds. `nanosPerBar` (CPU ns) and `rate` (bars/s) are measured
     * from the first step to the last.
     */
    follow: (id, number) =>
      Promise.all(
        children.slice(0, number).map(async (child, i) => {
          child.send({ id, consumer: `consumer-${i + 1}` });
          const [result] = await once(child, 'message');
          if (result.error) throw new Error(`expected consumer ${i + 1} to reach the end, was ${result.error}`);
          return result;
        }),
      ),
    stop: () => children.forEach((child) => child.disconnect()),
  };
}

function runConsumer(sessionRedisUrl) {
  const redis = new Redis(sessionRedisUrl);
  process.on('message', ({ id, consumer }) => {
    const outcome = consume(redis, id, consumer).catch((error) => ({ error: String(error.stack ?? error) }));
    void outcome.then((result) => process.send(result));
  });
  process.on('disconnect', () => process.exit());
  process.send('ready');
}

async function consume(redis, id, consumer) {
  const session = await openWhenStored(redis, id);
  const cpuAtStart = process.cpuUsage();
  let steps = 0;
  let bars = 0;
  let first; // the first step: when it came, the bars with it, and the CPU time so far
  let lastAt;
  for await (const step of followSession(redis, session, { consumer })) {
    bars += step.barCount;
    steps++;
    first ??= { at: performance.now(), bars, cpu: process.cpuUsage() };
    if (step.time === session.layout.end) lastAt = performance.now();
  }
  // Measured from the first step to the last, because a real loop runs long enough that its start does not matter.
  const laterBars = bars - first.bars;
  const nanosPerBar = (cpuSecondsSince(first.cpu) * 1e9) / laterBars;
  const rate = (1e3 * laterBars) / (lastAt - first.at);
  return { steps, bars, endedAt: Date.now(), cpu: cpuSecondsSince(cpuAtStart), nanosPerBar, rate };
}

/** The session, as soon as its store exists. */
async function openWhenStored(redis, id) {
  for (;;) {
    try {
      return await openSession(redis, 'barkeep', id);
    } catch (error) {
      if (!(error instanceof SessionLostError)) throw error;
      await delay(2);
    }
  }
}

if (process.argv[1] === import.meta.filename) runConsumer(process.argv[2]);
