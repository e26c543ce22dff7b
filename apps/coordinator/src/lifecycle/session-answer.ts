/** What the API answers about a session, from its row and from what its stream shows. Pure. */
import { isoTime, type ConsumerAnswer, type SessionAnswer, type WaitingFor } from '@barkeep/api';
import { currentSymbols, noCounts, UNCHANGED } from '@barkeep/bars';
import { noFigures, type ConsumerView, type SessionLayout, type StreamFigures } from '@barkeep/session-data';
import { historyView } from './history-view.js';
import type { SessionRecord } from './session-row.js';

/** What the row alone tells; no position and no counts. */
export function rowAnswer(row: SessionRecord): SessionAnswer {
  return {
    id: row.id,
    state: row.state,
    spec: row.spec,
    symbols: currentSymbols(row.spec.symbols, row.membership ?? UNCHANGED),
    clock: null,
    frontier: null,
    watermark: null,
    progress: 0,
    error: row.error,
    waitingFor: null,
    warnings: [],
    counts: { ...noCounts(), refused: 0, outside: 0, extended: 0 },
    history: historyView(row),
    ...figureAnswers(noFigures()),
    timedOutDays: [],
    consumers: [],
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    completedAt: row.completedAt?.toISOString() ?? null,
  };
}

/** What the stream of a session shows besides its position. */
interface StreamView {
  figures: StreamFigures;
  timedOutDays: readonly string[];
  waitingFor: WaitingFor | null;
}

/** The part of a stream's view that a strategy may see: nothing that depends on bars after the clock. @param clock epoch ms */
export function streamUpTo(clock: number, layout: SessionLayout, view: StreamView): StreamView {
  const isPassed = (date: string) => {
    const day = layout.dayIndexOf(date);
    return day !== undefined && layout.grid(day).close <= clock;
  };
  return {
    // Prefetching reads days after the clock.
    figures: { ...view.figures, prefetchHits: 0, prefetchMisses: 0, prefetchBytes: 0 },
    timedOutDays: view.timedOutDays.filter(isPassed),
    waitingFor: withKindOnly(view.waitingFor),
  };
}

/** What a strategy may see of a wait: only its kind, because the rest may tell about bars after the clock. */
export function withKindOnly(waitingFor: WaitingFor | null): WaitingFor | null {
  return waitingFor && { ...waitingFor, what: [], detail: '', nextTryAt: null };
}

export function figureAnswers(figures: StreamFigures): Pick<SessionAnswer, 'pace' | 'prefetch'> {
  const { overruns, lagMs, prefetchHits: hits, prefetchMisses: misses, prefetchBytes: bytes } = figures;
  return { pace: { overruns, lagMs }, prefetch: { hits, misses, bytes } };
}

export function consumerAnswer(consumer: ConsumerView): ConsumerAnswer {
  const { name, state, time, steps, bars, deliveredHash, seenAt } = consumer;
  return { name, state, time: isoTime(time), steps, bars, deliveredHash, seenAt: isoTime(seenAt) };
}
