/**
 * Figures of a session's stream that outlive the owner's process: overruns of the pace, prefetching, days that timed out (their
 * source was silent for too long), and what the stream waits for. All are in one hash. The owner writes totals, not increments,
 * so a repeated write changes nothing. The figures describe how a session ran, not its bars, and are not part of its digest.
 */
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';

export interface StreamFigures {
  /** How often the clock fell behind its pace. */
  overruns: number;
  /** How far the clock is behind its pace, ms. */
  lagMs: number;
  /** Number of day changes for which the rows were already there. */
  prefetchHits: number;
  /** Number of day changes that had to wait for rows. */
  prefetchMisses: number;
  /** Size of the prefetched bars in bytes. */
  prefetchBytes: number;
}

const FIGURES = Object.keys(noFigures()) as (keyof StreamFigures)[];
/** Prefix of the fields named `timed-out DATE`, which mark-timed-out.lua writes. */
const TIMED_OUT = 'timed-out ';
/** Name of the field that has the wait as JSON, or '' when there is none. */
const WAIT = 'wait';

/** What the stream of a session waits for, as its owner stored it last. */
export interface StreamWait {
  kind: 'upkeep' | 'consumers' | 'feed' | 'pace' | 'symbols';
  /** When the wait began, epoch ms. */
  since: number;
  /** When the wait ends if nothing else ends it, epoch ms; null when only an event ends it. */
  until: number | null;
}

/** The figures of a new stream. */
export function noFigures(): StreamFigures {
  return { overruns: 0, lagMs: 0, prefetchHits: 0, prefetchMisses: 0, prefetchBytes: 0 };
}

/** The figures, the sorted dates of the days that timed out, and the wait (null when the stream does not wait). */
export async function readStreamFigures(
  redis: Redis,
  layout: SessionLayout,
): Promise<{ figures: StreamFigures; timedOutDays: string[]; wait: StreamWait | null }> {
  const hash = await redis.hgetall(layout.keysOf(0).stream);
  const figures = noFigures();
  for (const name of FIGURES) figures[name] = Number(hash[name] ?? 0);
  const timedOutFields = Object.keys(hash).filter((field) => field.startsWith(TIMED_OUT));
  const wait = hash[WAIT] ? (JSON.parse(hash[WAIT]) as StreamWait) : null;
  return { figures, timedOutDays: timedOutFields.map((field) => field.slice(TIMED_OUT.length)).sort(), wait };
}

/** Field and value of every figure, as script arguments. */
export function figureArguments(figures: StreamFigures): (string | number)[] {
  return FIGURES.flatMap((name) => [name, Math.round(figures[name])]);
}

/** Field and value of the wait, as script arguments. */
export function waitArguments(wait: StreamWait | null): string[] {
  return [WAIT, wait === null ? '' : JSON.stringify(wait)];
}
