/**
 * The events of a session, live. After an interruption the browser's EventSource connects again and sends the id of the last event. When
 * the server refuses that connection (for example while the server starts), this module makes a new EventSource. A connection without an
 * id brings only events that happen after it has opened, so the page then reads everything again.
 *
 * A hidden page has no connection: a browser opens at most six to one server, for all tabs together, so the pages of six sessions would
 * leave none for any other call.
 */
import type { eventAnswers } from '@barkeep/api';
import { apiPath, inView } from './http.js';

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
/** Time between a refused connection and a new one, ms: at first, and at most, after it has doubled at each refusal. */
const [RETRY_MS, RETRY_MAX_MS] = [2000, 30_000];

export interface LiveEvent {
  type: (typeof TYPES)[number];
  /** Those fields of the event that the page uses. */
  data: { time?: string; date?: string; state?: string };
}

interface LiveListener {
  onEvent(event: LiveEvent): void;
  /** Events were trimmed, or a connection has opened without a last id: read everything again. */
  onGap(): void;
  /** `lostSince` is null when the connection has opened, else the time when it was lost or could not be made. */
  onConnection(lostSince: Date | null): void;
}

/** Follows a session while the page is visible, until the returned function is called. */
export function listenToSession(id: string, listener: LiveListener): () => void {
  /** The connection, or the one that was refused; undefined while the page is hidden. */
  let source: EventSource | undefined;
  let retryTimer: number | undefined;
  let retryMs = RETRY_MS;
  let lostSince: Date | null = null;
  let isFirstAttempt = true;
  /** Whether events may be missed until the next connection opens, because it has no id of a last event. */
  let mayMissEvents = true;
  const connect = () => {
    source = new EventSource(inView(apiPath`/v1/sessions/${id}/events`));
    source.addEventListener('open', () => {
      lostSince = null;
      retryMs = RETRY_MS;
      isFirstAttempt = false;
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
      // The first attempt may be refused because the key may not see the operator's view: nothing is lost then.
      const mayBeForbidden = isRefused && isFirstAttempt;
      if (!mayBeForbidden) listener.onConnection((lostSince ??= new Date()));
      if (isRefused) retryLater();
    });
  };
  const retryLater = () => {
    isFirstAttempt = false;
    mayMissEvents = true;
    retryTimer = window.setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  };
  const disconnect = () => {
    window.clearTimeout(retryTimer);
    source?.close();
    source = undefined;
    mayMissEvents = true;
  };
  const connectIfVisible = () => {
    if (document.visibilityState !== 'visible') disconnect();
    else if (!source) connect();
  };
  document.addEventListener('visibilitychange', connectIfVisible);
  connectIfVisible();
  return () => {
    document.removeEventListener('visibilitychange', connectIfVisible);
    disconnect();
  };
}
