/** Watches one schedule while it runs: the session's times in the store, and whether coordinators answer. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LabProcess } from './lab/process.js';
import type { SessionUnderTest } from './session.js';

const SAMPLE_EVERY_MS = 50;
const HEALTH_EVERY_MS = 500;
/** A coordinator that answers later counts as silent. */
const HEALTH_LIMIT_MS = 2_000;
/** Symbols in one partition of a session store. */
const PARTITION_SYMBOLS = 128;

/** The session's times at one moment, epoch ms of simulated time; NaN for a store without them. */
export interface Sample {
  /** Real time, ms. */
  at: number;
  clock: number;
  /** The lowest frontier of all partitions. */
  frontier: number;
  /** The lowest watermark of all partitions. */
  watermark: number;
}

export interface Observations {
  /** Only samples that differ from the one before. */
  samples: Sample[];
  /** The longest time that a live coordinator did not answer `/health/live`, ms. */
  silentMs: number;
}

/** Watches from its creation until {@link stop}. */
export class Observer {
  readonly seen: Observations = { samples: [], silentMs: 0 };
  private isDone = false;
  private readonly running: Promise<unknown>;

  constructor(private readonly session: SessionUnderTest) {
    const { coordinators } = session.lab;
    this.running = Promise.all([this.watchStore(), ...coordinators.map((process) => this.watchHealth(process))]);
  }

  /** When the session last progressed, epoch ms of real time; 0 before the first sample. */
  get progressAt(): number {
    return this.seen.samples.at(-1)?.at ?? 0;
  }

  /** Ends the watching. @returns everything that was observed */
  async stop(): Promise<Observations> {
    this.isDone = true;
    await this.running;
    return this.seen;
  }

  private async watchStore(): Promise<void> {
    while (!this.isDone) {
      await delay(SAMPLE_EVERY_MS);
      try {
        this.add(await this.sample());
      } catch {
        // The server is down: there is nothing to observe.
      }
    }
  }

  private async sample(): Promise<Sample> {
    const { lab, kind } = this.session;
    const partitions = Math.ceil((kind.spec['symbols'] as string[]).length / PARTITION_SYMBOLS);
    // In one transaction: a store that is set back between two reads would show times of two states.
    const reads = lab.redis.session.client.multi();
    for (let p = 0; p < partitions; p++) reads.hmget(this.session.metaKey(p), 'clock', 'frontier', 'watermark');
    const replies = (await reads.exec()) as [Error | null, (string | null)[]][];
    const times = replies.map(([, fields]) => {
      const [clock, frontier, watermark] = fields.map((text) => (text === null ? NaN : Number(text)));
      return { clock: clock!, frontier: frontier!, watermark: watermark! };
    });
    return {
      at: Date.now(),
      clock: times[0]!.clock, // only partition 0 has the session's clock
      frontier: Math.min(...times.map(({ frontier }) => frontier)),
      watermark: Math.min(...times.map(({ watermark }) => watermark)),
    };
  }

  private add(sample: Sample): void {
    const last = this.seen.samples.at(-1);
    // Object.is, because NaN must equal NaN.
    const isSame =
      last !== undefined &&
      (['clock', 'frontier', 'watermark'] as const).every((name) => Object.is(last[name], sample[name]));
    if (!isSame) this.seen.samples.push(sample);
  }

  private async watchHealth(process: LabProcess): Promise<void> {
    let answeredAt = Date.now();
    while (!this.isDone) {
      await delay(HEALTH_EVERY_MS);
      const { pid, isLive } = process;
      if (!isLive) {
        answeredAt = Date.now();
        continue;
      }
      const hasAnswered = await answersHealth(process.url!);
      // A process that a fault froze or ended during the call need not answer.
      const mustAnswer = process.isLive && process.pid === pid;
      if (hasAnswered || !mustAnswer) answeredAt = Date.now();
      else this.seen.silentMs = Math.max(this.seen.silentMs, Date.now() - answeredAt);
    }
  }
}

async function answersHealth(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(HEALTH_LIMIT_MS) })).ok;
  } catch {
    return false;
  }
}
