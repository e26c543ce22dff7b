/**
 * The events of a session, live. After an interruption the browser's EventSource sends the id of the last event. When the server
 * refuses that connection (for example while the server starts), this module makes a new one, and the page reads everything again.
 */
import type { eventAnswers } from '@barkeep/api';
import { inView, sessionPath } from './http.js';

const TYPES = [
  'clock',
  'day-opened',
  'day-closing',
  'day-closed',
  'day-timed-out',
  'state',
  'gap-found',
  'gap-filled',
  'gap-settled',
  'late-bars',
  'derived',
  'quality',
  'repository-failed',
  'repository-recovered',
  'stream-silent',
  'consumer-joined',
  'consumer-left',
  'consumer-dropped',
] as const satisfies readonly (keyof typeof eventAnswers)[];
/** Time between a refused connection and a new one, ms. */
const RETRY_MS = 2000;

export interface LiveEvent {
  type: (typeof TYPES)[number];
  /** The fields of the event; those that depend on the type are optional. */
  data: { at: string; time?: string; date?: string; state?: string; error?: string | null };
}

interface LiveListener {
  onEvent(event: LiveEvent): void;
  /** Events were trimmed, or a new connection began without a last id: read everything again. */
  onGap(): void;
  /** `lostSince` is null when the connection has opened, else the time when it was lost or could not be made. */
  onConnection(lostSince: Date | null): void;
}

/** Follows a session until the returned function is called. */
export function listenToSession(id: string, listener: LiveListener): () => void {
  let source: EventSource | undefined;
  let retry: number | undefined;
  let lostSince: Date | null = null;
  let hasOpened = false;
  /** True when a new connection starts without the id of the last event, so that events may be missed. */
  let mayMissEvents = false;
  const connect = () => {
    source = new EventSource(inView(sessionPath(id, '/events')));
    source.addEventListener('open', () => {
      lostSince = null;
      hasOpened = true;
      listener.onConnection(null);
      if (mayMissEvents) listener.onGap();
      mayMissEvents = false;
    });
    source.addEventListener('gap', () => listener.onGap());
    for (const type of TYPES) {
      source.addEventListener(type, (message) =>
        listener.onEvent({ type, data: JSON.parse(String(message.data)) as LiveEvent['data'] }),
      );
    }
    source.addEventListener('error', () => {
      const isRefused = source?.readyState === EventSource.CLOSED; // otherwise the browser tries again itself
      const isFirstAttempt = !hasOpened && !mayMissEvents;
      // The first attempt may be refused because the key may not see the operator's view: nothing is lost then.
      const isLost = !isRefused || !isFirstAttempt;
      if (isLost) listener.onConnection((lostSince ??= new Date()));
      if (isRefused) retryLater();
    });
  };
  const retryLater = () => {
    mayMissEvents = true;
    retry = window.setTimeout(connect, RETRY_MS);
  };
  connect();
  return () => {
    window.clearTimeout(retry);
    source?.close();
  };
}
