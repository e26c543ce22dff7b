/**
 * Feeder processes of a test: each streams one symbol's bars over HTTP (feeder.mjs). A feeder that is to hold prints `held` once it has sent
 * `holdAfter` bars, and then sends no more.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The answer to a feeding request. */
export interface Fed {
  accepted: number;
  duplicates: number;
  late: number;
  conflicts: number;
  refused: Record<string, number>;
  problems: { index: number; line?: number; reason: string; openTime?: string; detail?: string }[];
  stored?: number;
}

class Feeder {
  private readonly lines: string[] = [];
  private errors = '';

  constructor(readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => this.lines.push(line));
    child.stderr!.on('data', (text: Buffer) => (this.errors += String(text)));
  }

  /** Waits until the feeder has printed `held`. */
  async held(): Promise<void> {
    while (!this.lines.includes('held')) {
      if (this.child.exitCode !== null) throw new Error(`the feeder ended: ${this.errors}`);
      await once(this.child.stdout!, 'data');
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /**
   * Waits until the feeder is done. @returns the coordinator's answer @throws an error with the feeder's output when it
   * failed
   */
  async done(): Promise<Fed> {
    // `exitCode` is null until the process has ended.
    const code = this.child.exitCode ?? ((await once(this.child, 'close'))[0] as number);
    if (code !== 0) throw new Error(`the feeder ended with code ${code}: ${this.errors}`);
    return JSON.parse(this.lines.at(-1)!) as Fed;
  }
}

/** The feeders of a test. Their files are in a temporary folder that {@link Feeders.close} removes. */
export class Feeders {
  private readonly feeders: Feeder[] = [];
  private fileCount = 0;

  private constructor(private readonly folder: string) {}

  static async create(): Promise<Feeders> {
    return new Feeders(await mkdtemp(join(tmpdir(), 'barkeep-feeders-')));
  }

  /**
   * Starts a process that feeds bars, one JSON object per line. @param holdAfter number of bars after which it waits
   * forever; 0: it never waits
   */
  async start(url: string, session: string, symbol: string, bars: readonly object[], holdAfter = 0): Promise<Feeder> {
    const file = join(this.folder, `${this.fileCount++}.ndjson`);
    await writeFile(file, bars.map((bar) => JSON.stringify(bar)).join('\n'));
    const program = join(__dirname, 'feeder.mjs');
    const child = spawn(process.execPath, [program, url, session, symbol, file, String(holdAfter)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const feeder = new Feeder(child);
    this.feeders.push(feeder);
    return feeder;
  }

  async close(): Promise<void> {
    for (const { child } of this.feeders) child.kill('SIGKILL');
    await rm(this.folder, { recursive: true });
  }
}

/**
 * The bars in the order of a live source: each at most `lateMs` of simulated time late.
 * @param twiceShare share of the bars that come twice, 0 to 1 @param random gives numbers in [0, 1)
 */
export function feedOrder<T extends { time: string }>(
  bars: readonly T[],
  lateMs: number,
  twiceShare: number,
  random: () => number,
): T[] {
  return bars
    .flatMap((bar) => (random() < twiceShare ? [bar, bar] : [bar]))
    .map((bar) => ({ bar, at: Date.parse(bar.time) + random() * lateMs }))
    .sort((a, b) => a.at - b.at)
    .map(({ bar }) => bar);
}
