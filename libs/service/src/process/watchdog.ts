/**
 * Ends a process whose event loop does not turn any more, so that another process can take over its work.
 *
 *   event loop: counts up in shared memory, every tick ──► thread: adds up ticks without a count ──► SIGKILL at the limit
 *
 * The thread measures the process's own running time: of each tick it counts at most the tick's length. While a process is stopped
 * (SIGSTOP, a suspended laptop) its thread does not tick either, so that time does not count. A long garbage collection is shorter
 * than the limit. With a debugger attached there is no watchdog.
 */
import { url as inspectorUrl } from 'node:inspector';
import { Worker } from 'node:worker_threads';

/** Own running time without a turn of the event loop after which the process is ended. */
const LIMIT_MS = 30_000;
const TICKS_A_LIMIT = 30;

interface WatchdogData {
  name: string;
  /** One counter, of the event loop's turns. */
  beats: Int32Array;
  limitMs: number;
  tickMs: number;
}

/** Starts the watchdog of this process. It does not keep the process alive. @returns a function that ends it */
export function startWatchdog(name: string, limitMs = LIMIT_MS): () => void {
  if (inspectorUrl() !== undefined) return () => undefined;
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const tickMs = Math.ceil(limitMs / TICKS_A_LIMIT);
  const timer = setInterval(() => Atomics.add(beats, 0, 1), tickMs).unref();
  const workerData: WatchdogData = { name, beats, limitMs, tickMs };
  // The thread runs from text, so that it needs no second file where the service is bundled into one.
  const thread = new Worker(`(${watch.toString()})(require('node:worker_threads').workerData, require('node:fs'))`, {
    eval: true,
    workerData,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  });
  thread.unref();
  thread.on('error', () => clearInterval(timer)); // without a watchdog the service still works
  return () => {
    clearInterval(timer);
    void thread.terminate();
  };
}

/** Runs in the thread; uses nothing but its parameters and globals. */
function watch({ name, beats, limitMs, tickMs }: WatchdogData, fs: typeof import('node:fs')): void {
  const sleeping = new Int32Array(new SharedArrayBuffer(4));
  let seen = Atomics.load(beats, 0);
  let blockedMs = 0;
  for (;;) {
    const from = performance.now();
    Atomics.wait(sleeping, 0, 0, tickMs);
    const now = Atomics.load(beats, 0);
    blockedMs = now === seen ? blockedMs + Math.min(performance.now() - from, tickMs) : 0;
    seen = now;
    if (blockedMs < limitMs) continue;
    const msg = `the event loop of the ${name} has not turned for ${limitMs / 1000} s; the process ends, another one takes over`;
    fs.writeSync(2, `${JSON.stringify({ level: 60, time: Date.now(), name, pid: process.pid, msg })}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
}
