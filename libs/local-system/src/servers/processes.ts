/**
 * Identifies processes by id and start time, since ids are reused. Guarantees: a signal is sent only to a process whose start time and
 * command line fit its mark.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '@barkeep/service';

/** How often to check whether a process is gone. */
const POLL_MS = 15;
/** How long to wait for the end of a process after SIGKILL. */
const KILL_LIMIT_MS = 2_000;

/** Identifies one process: its id and its start time, in the system's format. */
export interface ProcessMark {
  readonly pid: number;
  readonly startedAt: string;
}

/** A server that Barkeep started. `proof` is a path that its command line must contain. */
export interface ServerMark extends ProcessMark {
  readonly name: string;
  readonly proof: string;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** One column of `ps` for a process; undefined when there is no such process. */
function ps(pid: number, column: string): string | undefined {
  const run = spawnSync('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' });
  return run.status === 0 ? run.stdout.trim() : undefined;
}

/** Start time of `pid`; `undefined` when there is no such process or it is a zombie. */
export function startedAt(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'lstart');
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The fields after the name, which is in parentheses and may contain spaces: state (field 3), …, start time (field 22).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[22 - 3]];
  if (state === 'Z' || state === 'X') return undefined; // a zombie, or dead
  // The start time counts from the boot, so only together with the id of the boot it identifies a process.
  return `${readText('/proc/sys/kernel/random/boot_id')?.trim()}:${startTime}`;
}

/** The command line of `pid`, words separated by spaces. */
export function commandLine(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'command');
  return readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
}

/** The mark of a process that runs now. A process that has already ended gets a mark that fits no process. */
export function markOf(pid: number): ProcessMark {
  return { pid, startedAt: startedAt(pid) ?? 'ended' };
}

/** True while exactly the marked process runs. */
export function isRunning(mark: ProcessMark): boolean {
  return startedAt(mark.pid) === mark.startedAt;
}

/** True while the marked server runs and its command line contains the proof. */
export function isOurServer(mark: ServerMark): boolean {
  return isRunning(mark) && (commandLine(mark.pid)?.includes(mark.proof) ?? false);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** The signal for a quick, clean stop of a server: SIGINT is PostgreSQL's fast shutdown. */
export function stopSignal(name: string): NodeJS.Signals {
  return name === 'postgres' ? 'SIGINT' : 'SIGTERM';
}

/** Sends the stop signal to a server that Barkeep started, and returns at once. */
export function askToEnd(mark: ServerMark): void {
  if (isOurServer(mark)) signal(mark.pid, stopSignal(mark.name));
}

/** Stops a server that Barkeep started; kills it after `graceMs`. Resolves when it is gone, at the latest after `graceMs` + 2 s. */
export async function endServer(mark: ServerMark, graceMs: number): Promise<void> {
  askToEnd(mark);
  if (await untilGone(mark, graceMs)) return;
  if (isOurServer(mark)) signal(mark.pid, 'SIGKILL');
  await untilGone(mark, KILL_LIMIT_MS);
}

/** Waits until the process is gone; false after `limitMs`. Polls, because the process may not be a child of this one. */
async function untilGone(mark: ProcessMark, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (isRunning(mark)) {
    if (Date.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}
