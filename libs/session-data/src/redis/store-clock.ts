/**
 * The time of the session Redis, for times that one process writes and another compares: the clocks of two machines may differ, and
 * a machine's clock may jump. Measures the difference to this process's steady clock every few seconds.
 */
import type { Redis } from 'ioredis';

const MEASURE_EVERY_MS = 5_000;

export class StoreClock {
  private offsetMs = Date.now() - performance.now();
  private readonly timer: NodeJS.Timeout;

  /** @param onError gets the error of a measurement; the last difference stays then */
  constructor(
    private readonly redis: Pick<Redis, 'time'>,
    private readonly onError: (error: unknown) => void = () => undefined,
  ) {
    void this.measure();
    this.timer = setInterval(() => void this.measure(), MEASURE_EVERY_MS).unref();
  }

  /** Epoch ms. */
  readonly now = (): number => Math.round(performance.now() + this.offsetMs);

  stop(): void {
    clearInterval(this.timer);
  }

  private async measure(): Promise<void> {
    try {
      const [seconds, micros] = (await this.redis.time()).map(Number);
      this.offsetMs = seconds! * 1000 + micros! / 1000 - performance.now();
    } catch (error) {
      this.onError(error);
    }
  }
}
