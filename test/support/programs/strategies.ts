/**
 * Strategy processes of a test (strategy.mjs). Each follows a session, can be held, paused and killed, and writes the
 * steps that it saw to a file.
 */
import type { ConnectOptions, FollowOptions } from '@barkeep/client';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StrategyOptions {
  session: string;
  follow: FollowOptions;
  /** Number of the step in which the process kills itself without a message, counted from 1. */
  dieAt?: number;
  /** In this step the process sends `held` and waits for {@link Strategy.release}. */
  holdAt?: number;
  /** In this step the process sends `paused`, sends `rested` after `pauseMs`, and waits for {@link Strategy.release}. */
  pauseAt?: number;
  pauseMs?: number;
}

/** One step as a strategy saw it, a line of its file: `TIME BARS HASH`, with the number of bars. */
export type SeenStep = string;

export class Strategy {
  private readonly messages: string[] = [];
  private errors = '';
  private readonly ended: Promise<unknown>;

  constructor(
    private readonly child: ChildProcess,
    private readonly file: string,
  ) {
    child.on('message', (message) => typeof message === 'string' && this.messages.push(message));
    child.stderr!.on('data', (text: Buffer) => (this.errors += String(text)));
    this.ended = once(child, 'close');
  }

  /** Waits until the process has sent a word: `held`, `paused`, `rested` or `done`. */
  async waitFor(word: string): Promise<void> {
    while (!this.has(word)) {
      const end = this.ended.then(() => 'ended');
      const next = await Promise.race([once(this.child, 'message'), end]);
      if (next === 'ended' && !this.has(word)) throw new Error(`the strategy ended before "${word}": ${this.errors}`);
    }
  }

  /** Whether the process has sent a word. */
  has(word: string): boolean {
    return this.messages.some((message) => message.split(' ')[0] === word); // a message may be a word and a step: `held 17`
  }

  /** Lets the process continue after `held` or `rested`. */
  release(): void {
    this.child.send('go');
  }

  /** Waits until the process has killed itself, or with `now` kills it. @throws when it ended in another way */
  async killed({ now = false } = {}): Promise<void> {
    if (now) this.child.kill('SIGKILL');
    await this.ended;
    if (this.child.signalCode !== 'SIGKILL')
      throw new Error(`expected a kill, was ${this.child.exitCode}: ${this.errors}`);
  }

  /**
   * Waits until the strategy has finished its session. @returns the steps it saw @throws an error with its output when
   * it failed
   */
  async done(): Promise<SeenStep[]> {
    await this.ended;
    if (this.child.exitCode !== 0) throw new Error(`a strategy ended with code ${this.child.exitCode}: ${this.errors}`);
    return this.steps();
  }

  /** The steps that it saw until now, or until it was killed. */
  async steps(): Promise<SeenStep[]> {
    const text = await readFile(this.file, 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1);
  }
}

/** The strategies of a test. Their files are in a temporary folder that {@link Strategies.close} removes. */
export class Strategies {
  private readonly children: ChildProcess[] = [];

  private constructor(
    private readonly connection: ConnectOptions,
    private readonly folder: string,
  ) {}

  static async create(connection: ConnectOptions): Promise<Strategies> {
    return new Strategies(connection, await mkdtemp(join(tmpdir(), 'barkeep-strategies-')));
  }

  start(options: StrategyOptions): Strategy {
    const file = join(this.folder, `${this.children.length}.steps`);
    const argument = JSON.stringify({ connection: this.connection, file, ...options });
    const child = spawn(process.execPath, [join(__dirname, 'strategy.mjs'), argument], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.children.push(child);
    return new Strategy(child, file);
  }

  async close(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}
