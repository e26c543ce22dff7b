/**
 * The time of the session Redis, for times that one process writes and another compares: the clocks of two machines may differ, and
 * a machine's clock may jump. Measures the difference to this process's steady clock every few seconds.
 */
import type { Redis } from 'ioredis';

const MEASURE_EVERY_MS = 5_000;

/** @returns tells the time, epoch ms; while the store does not answer, by the difference that was measured last */
export function storeClock(redis: Pick<Redis, 'time'>): () => number {
  let offsetMs = Date.now() - performance.now();
  const measure = async (): Promise<void> => {
    const [seconds, micros] = (await redis.time()).map(Number);
    offsetMs = seconds! * 1000 + micros! / 1000 - performance.now();
  };
  const tryToMeasure = (): void => void measure().catch(() => undefined);
  tryToMeasure();
  setInterval(tryToMeasure, MEASURE_EVERY_MS).unref();
  return () => Math.round(performance.now() + offsetMs);
}
