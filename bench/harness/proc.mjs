/** Measures CPU seconds and memory of processes from /proc. On a system without /proc only these figures are missing. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Clock ticks of /proc, the same on every Linux. */
const TICKS_PER_SECOND = 100;

/** Processes count as idle when together they use at most this many CPU seconds between two checks. */
const IDLE_SECONDS = 0.03;
const IDLE_CHECK_MS = 200;
const IDLE_CHECKS_MAX = 20;

/** The parent's pid, and the CPU seconds of a process, to the tick: its own, and with those of its ended children. Undefined without /proc. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The fields after the name, which may contain spaces. Index 0 is field 3 of proc(5), so the times, fields 14 to 17, begin at 11.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map((ticks) => ticks / TICKS_PER_SECOND);
    const seconds = user + system;
    return { parent: Number(fields[1]), seconds, secondsWithEnded: seconds + endedUser + endedSystem };
  } catch {
    return undefined;
  }
}

/** The pid of the parent process; undefined without /proc. */
export function parentOf(pid) {
  return statOf(pid)?.parent;
}

/** CPU seconds of all threads of a process, to the ns: a small session takes only 20 ticks. Without schedstat, to the tick. */
function secondsOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanos = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]));
    return nanos.reduce((sum, each) => sum + each, 0) / 1e9;
  } catch {
    return statOf(pid)?.seconds;
  }
}

/** CPU seconds of a process and its children, including children that have ended. */
function secondsOfTree(pid) {
  const parent = statOf(pid);
  if (parent === undefined) return undefined;
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(statOf); // prettier-ignore
  const children = all.filter((stat) => stat?.parent === pid);
  return children.reduce((sum, child) => sum + child.secondsWithEnded, parent.secondsWithEnded);
}

/** Measures processes by name. A process is given by its pid, or by `{ tree: pid }` to include its children. */
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

  /** CPU seconds of each process since the last reset. */
  seconds() {
    const now = this.#read();
    const since = (i) => (now[i] === undefined ? undefined : now[i] - this.#start[i]);
    return Object.fromEntries(this.#processes.map(([name], i) => [name, since(i)]));
  }

  /** Runs some work on `count` items. @returns a sample: items per second, and CPU seconds */
  async sample(count, work) {
    this.reset();
    return { ...(await timedSample(count, work)), cpu: this.seconds() };
  }

  /** Waits until all processes are idle, at most 4 s, so that work left over from one sample does not count in the next. */
  async settled() {
    for (let checks = 0, before = this.#total(); checks < IDLE_CHECKS_MAX; checks++) {
      await delay(IDLE_CHECK_MS);
      const now = this.#total();
      if (now - before <= IDLE_SECONDS) return;
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

/** Runs some work on `count` items. @returns a sample: items per second */
export async function timedSample(count, work) {
  const startedAt = performance.now();
  await work();
  return { rate: (count * 1000) / (performance.now() - startedAt) };
}

/** Repeats pure work in this process. @returns a sample: items per CPU second, collection of garbage included: the rate on an idle CPU */
export function pureSample(items, repeats, work) {
  const before = process.cpuUsage();
  for (let i = 0; i < repeats; i++) work();
  return { rate: (items * repeats) / cpuSecondsSince(before) };
}

/** CPU seconds of this process. @param reading an earlier result of `process.cpuUsage` */
export function cpuSecondsSince(reading) {
  const { user, system } = process.cpuUsage(reading);
  return (user + system) / 1e6;
}

/**
 * Runs some work. @returns its result, and `peakMb`, the largest memory of the process during the work in MB. Where /proc
 * cannot reset the peak, it is that of the process's whole life; without /proc it is NaN.
 */
export async function withPeakMb(pid, work) {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5'); // 5 resets VmHWM, see proc(5)
  } catch {
    // Works only on Linux and for our own processes.
  }
  return { result: await work(), peakMb: peakMb(pid) };
}

function peakMb(pid) {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}
