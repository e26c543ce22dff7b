/**
 * Kills a process whose event loop is blocked, so that another process can take over its work.
 *
 *   event loop: increments a shared counter every tick ──► thread: adds up ticks without an increment ──► SIGKILL at the limit
 *
 * The thread measures only time in which the process runs: it counts each tick as at most the tick's length. While a process is stopped
 * (SIGSTOP, a suspended laptop), the thread is stopped as well, so that time does not count. Even a long garbage collection is shorter
 * than the limit. With a debugger attached there is no watchdog.
 */
import { url as inspectorUrl } from 'node:inspector';
import { Worker } from 'node:worker_threads';

/** How long the event loop may be blocked, ms of the process's running time. */
const LIMIT_MS = 30_000;
/** The watchdog looks at the counter this often within the limit. */
const TICKS_PER_LIMIT = 30;

interface WatchdogData {
  name: string;
  /** One counter, which the event loop increments every tick. */
  beats: Int32Array;
  limitMs: number;
  tickMs: number;
}

/** Starts the watchdog of this process, which does not keep the process alive. */
export function startWatchdog(name: string, limitMs = LIMIT_MS): void {
  if (inspectorUrl() !== undefined) return;
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const tickMs = Math.ceil(limitMs / TICKS_PER_LIMIT);
  const timer = setInterval(() => Atomics.add(beats, 0, 1), tickMs).unref();
  const workerData: WatchdogData = { name, beats, limitMs, tickMs };
  // The thread runs from text, so that it needs no second file when the service is bundled into one file.
  const thread = new Worker(`(${watch.toString()})(require('node:worker_threads').workerData, require('node:fs'))`, {
    eval: true,
    workerData,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  });
  thread.unref();
  thread.on('error', () => clearInterval(timer)); // the service continues without a watchdog
}

/** Runs in the thread. It may use only its parameters and globals, because it runs from its text. */
function watch({ name, beats, limitMs, tickMs }: WatchdogData, fs: typeof import('node:fs')): void {
  const sleeping = new Int32Array(new SharedArrayBuffer(4)); // never changes, so a wait on it is a sleep
  let lastBeats = Atomics.load(beats, 0);
  let blockedMs = 0;
  for (;;) {
    const from = performance.now();
    Atomics.wait(sleeping, 0, 0, tickMs);
    const currentBeats = Atomics.load(beats, 0);
    blockedMs = currentBeats === lastBeats ? blockedMs + Math.min(performance.now() - from, tickMs) : 0;
    lastBeats = currentBeats;
    if (blockedMs < limitMs) continue;
    const msg = `the event loop of the ${name} has not turned for ${limitMs / 1000} s; the process ends, another one takes over`;
    fs.writeSync(2, `${JSON.stringify({ level: 60, time: Date.now(), name, pid: process.pid, msg })}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
}
