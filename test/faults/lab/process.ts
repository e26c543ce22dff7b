/**
 * One process of a lab: a coordinator, a worker, or a user's program, started as a user starts it. Records each end that
 * no fault caused as a death. A fault can end, freeze and start it again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { endWithUs } from './end-with-us.js';
import type { TcpGate } from '../../support/system/tcp-gate.js';
import type { ServerName } from './lab.js';

const READY_LIMIT_MS = 180_000;
const RETRY_MS = 500;
/** How much of the newest output is kept for messages, and how many lines of it a death shows. */
const TAIL_CHARACTERS = 8_000;
const DEATH_LINES = 60;
/** A process with a module of repositories logs an uncaught error, which would end other processes. It counts as a death. */
const UNCAUGHT = 'uncaught error';
/** A process that needs longer to end is killed. */
const END_LIMIT_MS = 20_000;

interface ProcessSpec {
  name: string;
  /** The program and its arguments. */
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
  gates: Readonly<Record<ServerName, TcpGate>>;
  /** Its address, if it is a server. */
  url?: string;
  /** The file by which libfaketime moves the process's clock. */
  timeFile?: string;
  /** True when exit code 0 is its normal end. */
  mayFinish?: boolean;
}

export class LabProcess {
  /** Ends that no fault caused. */
  readonly deaths: string[] = [];
  /** True while its end would not be a death: before its first start, and while a fault ends it and starts it again. */
  isEnding = true;
  private child: ChildProcess | undefined;
  private isFrozen = false;
  /** The newest output. */
  private tail = '';
  private isReady = false;

  constructor(private readonly spec: ProcessSpec) {}

  get name(): string {
    return this.spec.name;
  }
  get url(): string | undefined {
    return this.spec.url;
  }
  get gates(): ProcessSpec['gates'] {
    return this.spec.gates;
  }
  get pid(): number | undefined {
    return this.child?.pid;
  }
  /** True while it is ready and not frozen, so that it must answer. */
  get isLive(): boolean {
    return this.isReady && !this.isFrozen && this.hasChild;
  }
  /** True while the process runs, or is frozen. */
  get hasChild(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }
  /** True after its normal end. */
  get hasFinished(): boolean {
    return this.child?.exitCode === 0;
  }

  /** Resolves when the process is ready. A start that fails is tried again, as a supervisor does. */
  async start(): Promise<void> {
    const deadline = Date.now() + READY_LIMIT_MS;
    while ((await this.startOnce(deadline - Date.now())) === 'failed') {
      if (Date.now() > deadline) throw new Error(`${this.name} did not start:\n${this.tail}`);
      await delay(RETRY_MS);
    }
  }

  /** Ends it by a signal and waits. A process that does not end in time is killed, which counts as a death. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || !this.hasChild) return;
    this.isEnding = true;
    this.isReady = false;
    if (this.isFrozen) child.kill('SIGCONT'); // a frozen process does not react to SIGTERM
    const ended = once(child, 'exit');
    child.kill(signal);
    const killer = setTimeout(() => {
      this.deaths.push(`${this.name} did not end within ${END_LIMIT_MS / 1000} s of ${signal}`);
      child.kill('SIGKILL');
    }, END_LIMIT_MS);
    await ended;
    clearTimeout(killer);
  }

  /** Stops it from running. @returns a function that lets it run again */
  freeze(): () => void {
    const { child } = this;
    this.isFrozen = true;
    child?.kill('SIGSTOP');
    return () => {
      child?.kill('SIGCONT');
      this.isFrozen = false;
    };
  }

  /** Moves the clock of the process. @param seconds relative to the real time */
  jump(seconds: number): void {
    if (this.spec.timeFile !== undefined) writeFileSync(this.spec.timeFile, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  }

  private async startOnce(limitMs: number): Promise<'ready' | 'failed' | 'ended by a fault'> {
    const { args, env, logFile } = this.spec;
    this.isEnding = false;
    this.isFrozen = false;
    this.tail = '';
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.child = child;
    endWithUs(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream!.on('data', (text: Buffer) => {
        this.tail = (this.tail + String(text)).slice(-TAIL_CHARACTERS);
        if (String(text).includes(UNCAUGHT)) this.deaths.push(`${this.name}: ${String(text)}`);
        appendFileSync(logFile, text);
      });
    }
    this.isReady = await isReadyWithin(child, Math.max(1, limitMs));
    if (!this.isReady) {
      child.kill('SIGKILL');
      return this.isEnding ? 'ended by a fault' : 'failed';
    }
    child.on('exit', (code, signal) => {
      if (this.child === child) this.isReady = false;
      const isExpected = this.isEnding || (code === 0 && this.spec.mayFinish);
      if (isExpected) return;
      const lastLines = this.tail.trim().split('\n').slice(-DEATH_LINES).join('\n');
      this.deaths.push(`${this.name} ended by itself: ${signal ?? `exit code ${code}`}\n${lastLines}`);
    });
    return 'ready';
  }
}

/** Waits for the message that a process sends when it is ready. @returns false when it ends instead, or takes longer */
async function isReadyWithin(child: ChildProcess, limitMs: number): Promise<boolean> {
  const limit = AbortSignal.timeout(limitMs);
  const exited = once(child, 'exit', { signal: limit }).then(() => false);
  const ready = once(child, 'message', { signal: limit }).then(() => true);
  // The one that loses the race may still reject at the time limit.
  exited.catch(() => undefined);
  ready.catch(() => undefined);
  return Promise.race([exited, ready]).catch(() => false);
}
