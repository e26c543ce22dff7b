/** Watches one schedule while it runs: the session's times in the store, and whether coordinators answer. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LabProcess } from './lab/process.js';
import type { SessionUnderTest } from './session.js';

const SAMPLE_EVERY_MS = 50;
const ALIVE_EVERY_MS = 500;
const ALIVE_LIMIT_MS = 2_000;

/** The session's times at one moment, epoch ms of simulated time; NaN for a store without them. */
export interface Sample {
  /** Real time, ms. */
  at: number;
  clock: number;
  /** The lowest of all partitions. */
  frontier: number;
  watermark: number;
}

/** What was observed. */
export interface Observations {
  /** Only samples that differ from the one before. */
  samples: Sample[];
  /** The longest time that a live coordinator did not answer `/health/live`, ms. */
  silentMs: number;
}

export class Observer {
  readonly seen: Observations = { samples: [], silentMs: 0 };
  private isDone = false;
  private readonly running: Promise<unknown>;

  constructor(private readonly session: SessionUnderTest) {
    const { coordinators } = session.lab;
    this.running = Promise.all([this.watchStore(), ...coordinators.map((process) => this.watchHealth(process))]);
  }

  /** When the session last progressed, real ms. */
  get progressAt(): number {
    return this.seen.samples.at(-1)?.at ?? 0;
  }

  async stop(): Promise<Observations> {
    this.isDone = true;
    await this.running;
    return this.seen;
  }

  private async watchStore(): Promise<void> {
    const { client } = this.session.lab.redis.session;
    const partitions = Math.ceil((this.session.kind.spec['symbols'] as string[]).length / 128);
    while (!this.isDone) {
      await delay(SAMPLE_EVERY_MS);
      try {
        // In one transaction: a store that is set back between two reads would show times of two states.
        const reads = client.multi();
        for (let p = 0; p < partitions; p++) {
          reads.hmget(this.session.metaKey(p), 'clock', 'frontier', 'watermark');
        }
        const replies = (await reads.exec()) as [Error | null, (string | null)[]][];
        const times = replies.map(([, found]) => found.map((text) => (text === null ? NaN : Number(text))));
        const [, ...limits] = times[0]!.map((_, field) => Math.min(...times.map((row) => row[field]!)));
        this.add({ at: Date.now(), clock: times[0]![0]!, frontier: limits[0]!, watermark: limits[1]! });
      } catch {
        // the server is away
      }
    }
  }

  private add(sample: Sample): void {
    const last = this.seen.samples.at(-1);
    const isSame =
      last !== undefined &&
      (['clock', 'frontier', 'watermark'] as const).every((name) => Object.is(last[name], sample[name]));
    if (!isSame) this.seen.samples.push(sample);
  }

  private async watchHealth(process: LabProcess): Promise<void> {
    let answeredAt = Date.now();
    while (!this.isDone) {
      await delay(ALIVE_EVERY_MS);
      const { pid, isLive } = process;
      if (!isLive) {
        answeredAt = Date.now();
        continue;
      }
      const isAlive = await answers(process.url!);
      if (isAlive || !process.isLive || process.pid !== pid) answeredAt = Date.now();
      else this.seen.silentMs = Math.max(this.seen.silentMs, Date.now() - answeredAt);
    }
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(ALIVE_LIMIT_MS) })).ok;
  } catch {
    return false;
  }
}
