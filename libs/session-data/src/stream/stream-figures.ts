/** Figures of a stream, days that timed out, and what it waits for: they outlive the owner's process. The owner writes totals. */
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

/** The fields to store, with their values. Figures or a wait that are undefined stay as they are stored. */
export function streamFields(
  figures?: StreamFigures,
  wait?: StreamWait | null,
): [field: string, value: string | number][] {
  return [
    ...(figures ? FIGURES.map((name): [string, number] => [name, Math.round(figures[name])]) : []),
    ...(wait === undefined ? [] : [[WAIT, wait === null ? '' : JSON.stringify(wait)] as [string, string]]),
  ];
}
