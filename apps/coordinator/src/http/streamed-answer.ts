/** Answers of any length that are sent while they are read: events and exports. */
import type { Response } from 'express';

/** A caller that reads nothing of an answer for this long is disconnected, ms. */
export const STALLED_MS = 60_000;

/**
 * Begins an answer with status 200 and these headers.
 * @returns false when no body is to be sent: for a HEAD request, or when the answer has ended already
 */
export function beginStreamedAnswer(response: Response, headers: Readonly<Record<string, string>>): boolean {
  // The caller has disconnected, or the deadline (deadline.ts) has answered. A closed response emits no event `close` any more.
  if (response.destroyed || response.writableEnded) return false;
  response.status(200).set(headers);
  response.flushHeaders();
  if (response.req.method !== 'HEAD') return true;
  // A HEAD request gets no body: without this its answer would hold the connection for as long as the caller keeps it open.
  response.end();
  return false;
}
