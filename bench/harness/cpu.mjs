/** CPU seconds of processes, from /proc; where there is no /proc the figures are missing and nothing else is. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Clock ticks a second, the same on every Linux. */
const TICKS = 100;

/** Processes are at rest that use so little in so long, all together. */
const REST_SECONDS = 0.03;
const REST_LOOK_MS = 200;
const REST_LOOKS_MAX = 20;

/** Fields of /proc/PID/stat after the name, or undefined. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    return undefined;
  }
}

export function parentOf(pid) {
  return statOf(pid)?.[1];
}

/** Of all threads of a process, to the nanosecond: a clock tick is a twentieth of what a small session takes. */
function secondsOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanos = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]));
    return nanos.reduce((sum, each) => sum + each, 0) / 1e9;
  } catch {
    return ticksOf(pid);
  }
}

function ticksOf(pid, withReaped = false) {
  const stat = statOf(pid);
  if (!stat) return undefined;
  const [user, system, reapedUser, reapedSystem] = stat.slice(11, 15);
  return (user + system + (withReaped ? reapedUser + reapedSystem : 0)) / TICKS;
}

/** A process with its children, those that ended included. */
function secondsOfTree(pid) {
  const own = ticksOf(pid, true);
  if (own === undefined) return undefined;
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  return children.reduce((sum, child) => sum + (ticksOf(child, true) ?? 0), own);
}

/** Each process by name: its pid, or `{ tree: pid }` for one with its children. */
export class CpuMeter {
  #processes;
  #start;

  constructor(processes) {
    this.#processes = Object.entries(processes);
    this.reset();
  }

  reset() {
    this.#start = this.#read();
  }

  /** Seconds by process since the last reset. */
  seconds() {
    const now = this.#read();
    return Object.fromEntries(
      this.#processes.map(([name], i) => [name, now[i] === undefined ? undefined : now[i] - this.#start[i]]),
    );
  }

  /** Waits until all of them are at rest: what the last sample left to be done is no part of the next one. */
  async settled() {
    for (let looks = 0, before = this.#total(); looks < REST_LOOKS_MAX; looks++) {
      await delay(REST_LOOK_MS);
      const now = this.#total();
      if (!(now - before > REST_SECONDS)) return;
      before = now;
    }
  }

  #total() {
    return this.#read().reduce((sum, seconds) => sum + (seconds ?? 0), 0);
  }

  #read() {
    return this.#processes.map(([, process]) =>
      typeof process === 'object' ? secondsOfTree(process.tree) : secondsOf(process),
    );
  }
}

/** CPU seconds of pure work in this process, garbage collection included: the time that it would take on a processor that is otherwise idle. */
export function cpuSeconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
