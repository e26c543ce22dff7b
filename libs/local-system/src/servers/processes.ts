/**
 * Processes by identity: a process id alone may belong to a stranger after the system used it again.
 *
 * Guarantees: nothing here signals a process whose start time, and command line when given, is not the recorded one.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './caught.js';

/** Names one process for good: its id and when it started, as the system writes it. */
export interface ProcessMark {
  readonly pid: number;
  readonly startedAt: string;
}

/** A server process of ours. `proof` is a path that its command line holds. */
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

function ps(pid: number, column: string): string | undefined {
  const run = spawnSync('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' });
  return run.status === 0 ? run.stdout.trim() : undefined;
}

/** When `pid` started; `undefined` when there is no such process or it has ended and only waits to be reaped. */
export function startedAt(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'lstart');
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${readText('/proc/sys/kernel/random/boot_id')?.trim()}:${fields[19]}`;
}

/** The command line of `pid`, words separated by spaces. */
export function commandLine(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'command');
  return readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
}

/** The mark of a process that is running now. */
export function markOf(pid: number): ProcessMark {
  return { pid, startedAt: startedAt(pid) ?? 'ended' };
}

/** True while exactly the marked process runs. */
export function isRunning(mark: ProcessMark): boolean {
  return startedAt(mark.pid) === mark.startedAt;
}

/** True while the marked server runs and its command line still shows that it is ours. */
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

/** How a server of that name is asked to end soon and cleanly: SIGINT is PostgreSQL's fast shutdown. */
export function stopSignal(name: string): NodeJS.Signals {
  return name === 'postgres' ? 'SIGINT' : 'SIGTERM';
}

/** Asks a server of ours to end and returns at once. */
export function askToEnd(mark: ServerMark): void {
  if (isOurServer(mark)) signal(mark.pid, stopSignal(mark.name));
}

/** Ends a server of ours: asks, and after `graceMs` kills. Resolves when it is gone, at the latest `graceMs` + 2 s later. */
export async function endServer(mark: ServerMark, graceMs: number): Promise<void> {
  askToEnd(mark);
  if (await gone(mark, graceMs)) return;
  if (isOurServer(mark)) signal(mark.pid, 'SIGKILL');
  await gone(mark, 2000);
}

/** Waits until the process is gone; false after `limitMs`. Not our child any more, so there is no event to wait for. */
async function gone(mark: ProcessMark, limitMs: number): Promise<boolean> {
  for (const end = Date.now() + limitMs; isRunning(mark); await delay(15)) if (Date.now() >= end) return false;
  return true;
}
