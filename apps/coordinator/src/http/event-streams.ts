/**
 * Sends the events of sessions to listeners. Nothing is read for a listener while its buffer is full, so a stalled listener takes the
 * memory of one batch, until it is disconnected. All listeners of the process poll at the same moments, so that listeners at the same
 * cursor share a read. Ends all streams when the service stops.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventCursor, SessionEventType } from '@barkeep/session-data';
import type { Response } from 'express';
import type { EventReader } from '../lifecycle/index.js';
import { EventOutput } from './event-output.js';
import { beginStreamedAnswer, STALLED_MS } from './streamed-answer.js';

/** How often listeners poll for new events, ms. */
const POLL_EVERY_MS = 100;
/** How often a listener polls a session that has no store, because it has not started or is lost, ms. */
const POLL_FOR_STORE_MS = 500;
/** A comment is sent when nothing was sent for this long, ms. */
const KEEP_ALIVE_MS = 15_000;

/** The listener stopped reading, or its machine is gone. When it connects again, it continues after its last event. */
export class StalledListenerError extends Error {
  override readonly name = 'StalledListenerError';
  constructor(ms: number) {
    super(`expected the listener to read within ${ms / 1000} s, was stalled`);
  }
}

export class EventStreams {
  private readonly ended = new AbortController();
  /** The next poll, while listeners wait for it. */
  private poll: Promise<void> | undefined;

  constructor(
    private readonly keepAliveMs = KEEP_ALIVE_MS,
    private readonly stalledMs = STALLED_MS,
  ) {}

  /** Ends every stream, also those that begin later. */
  stop(): void {
    this.ended.abort(new Error('the service is stopping'));
  }

  get stopping(): boolean {
    return this.ended.signal.aborted;
  }

  /**
   * Sends the events after a cursor until the listener disconnects, the session is deleted or the service stops.
   * @param types the types of events to send; undefined for all
   * @throws StalledListenerError, or any error of the reader; the answer has ended then
   */
  async send(
    response: Response,
    reader: EventReader,
    from: EventCursor,
    types: ReadonlySet<SessionEventType> | undefined,
  ): Promise<void> {
    const isBegun = beginStreamedAnswer(response, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    if (!isBegun) return;
    const { stalledMs } = this;
    const disconnected = new AbortController();
    response.once('close', () => disconnected.abort());
    response.setTimeout(stalledMs, () => {
      disconnected.abort(new StalledListenerError(stalledMs));
      response.destroy();
    });
    const signal = AbortSignal.any([disconnected.signal, this.ended.signal]);
    try {
      await this.follow(new EventOutput(response, reader.view, types, signal), reader, from);
    } catch (error) {
      if (signal.reason instanceof StalledListenerError) throw signal.reason;
      if (!signal.aborted) throw error;
    } finally {
      response.end();
    }
  }

  /** Sends events until the session is deleted. @throws when the signal of the output is aborted */
  private async follow(output: EventOutput, reader: EventReader, from: EventCursor): Promise<void> {
    let cursor = from;
    let isLostSent = false; // whether the listener knows that the session has no store any more
    await output.begin(cursor);
    for (;;) {
      output.signal.throwIfAborted();
      const result = await reader.read(cursor);
      if ('noStore' in result) {
        if (result.noStore === 'deleted') return output.state('deleted');
        if (result.noStore === 'lost' && !isLostSent) await output.state('lost');
        isLostSent = result.noStore === 'lost';
        await pause(POLL_FOR_STORE_MS, output.signal); // and then joins the shared poll again
      } else {
        isLostSent = false;
        if (result.areTrimmed) await output.gap();
        await output.events(result.events);
        cursor = result.cursor;
      }
      await output.keepAlive(cursor, this.keepAliveMs);
      // After events there may be more: without a wait a listener catches up fast.
      const mayHaveMore = 'events' in result && result.events.length > 0;
      if (!mayHaveMore) await this.nextPoll();
    }
  }

  /** Resolves at the next poll; all waiting listeners share one timer. */
  private nextPoll(): Promise<void> {
    return (this.poll ??= pause(POLL_EVERY_MS, this.ended.signal).finally(() => (this.poll = undefined)));
  }
}

/** Resolves after `ms`, or when the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined);
}
