/**
 * Splits the body of a request into lines while it arrives. Limits what a sender can cost: the length of a line, the time in which the
 * rest of a line arrives, and the blank lines in succession. Between two lines a sender may pause for any time.
 */
import type { Request } from 'express';
import type { Transform } from 'node:stream';
import split from 'split2';
import { BODY_BYTES_MAX } from '../access/index.js';
import { ProblemError } from '../problems.js';

/** Most blank lines in succession: a body of newlines must not keep the service busy without end. */
export const BLANK_LINES_MAX = 1_048_576;
/** The rest of a line must arrive within this time, ms. */
const LINE_WITHIN_MS = 30_000;
const NEWLINE = 0x0a;
/** The message of the error with which split2 ends a line that is too long. */
const LINE_TOO_LONG = 'maximum buffer reached';

/** A line that is not blank. */
export interface Line {
  text: string;
  /** Number of the line in the body, from 1. */
  number: number;
}

/**
 * Begins to read the body.
 * @param bufferedMax this many lines are buffered; then the request is paused
 * @param lineWithinMs the rest of a line must arrive within this time, ms
 * @returns a stream of {@link Line}. When the body cannot be read, the stream fails; {@link lineError} makes the problem of its error
 * @throws ProblemError when the body is compressed, or its sender has disconnected already
 */
export function openLines(
  request: Request,
  { bufferedMax, lineWithinMs = LINE_WITHIN_MS }: { bufferedMax: number; lineWithinMs?: number | undefined },
): Transform {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ProblemError('unsupported-media-type', `expected lines without Content-Encoding, was ${encoding}`);
  }
  const detail = 'the body was cut off; some of what came before is stored, and all of it may be sent again';
  const cutOff = new ProblemError('bad-request', detail);
  // When the sender has disconnected already, the request emits no more events: the pipe would never end.
  if (request.destroyed && !request.complete) throw cutOff;
  const lines = split('\n', lineReader(), { maxLength: BODY_BYTES_MAX, readableHighWaterMark: bufferedMax });
  // Not `pipeline`: after an error it would destroy the connection, and the caller would get no answer.
  request.once('error', () => lines.destroy(cutOff));
  request.once('close', () => {
    if (!request.complete) lines.destroy(cutOff);
  });
  limitLines(request, lines, lineWithinMs);
  return request.pipe(lines);
}

/** The problem of an error with which the lines ended; other errors are returned unchanged. */
export function lineError(error: unknown): unknown {
  if (!(error instanceof Error) || error.message !== LINE_TOO_LONG) return error;
  return new ProblemError('body-too-large', `expected lines of at most ${BODY_BYTES_MAX} characters`);
}

/** Returns a function that numbers the lines and skips blank ones. */
function lineReader(): (text: string) => Line | undefined {
  let number = 0;
  let blankLines = 0; // in succession
  return (text) => {
    number++;
    if (text.trim() !== '') {
      blankLines = 0;
      return { text: text.endsWith('\r') ? text.slice(0, -1) : text, number };
    }
    if (++blankLines <= BLANK_LINES_MAX) return undefined;
    throw new ProblemError('body-too-large', `expected at most ${BLANK_LINES_MAX} blank lines in succession`);
  };
}

/**
 * Ends `lines` with an error when the rest of a line does not arrive within `withinMs`. Time in which the request is paused, because
 * the store is slow, does not count.
 */
function limitLines(request: Request, lines: Transform, withinMs: number): void {
  /** Whether the last byte that came is within a line. */
  let isPartial = false;
  let timer: NodeJS.Timeout | undefined;
  const giveUp = () => {
    // The body has not ended, so the connection cannot be used for another request.
    request.res?.setHeader('Connection', 'close');
    lines.destroy(new ProblemError('bad-request', `expected the rest of a line within ${withinMs} ms`));
  };
  const stop = () => clearTimeout(timer);
  const restart = () => {
    stop();
    if (!isPartial) return;
    // Two timers: after the process was suspended, the bytes that arrived meanwhile are read between the first and the second.
    timer = setTimeout(() => (timer = setTimeout(giveUp, withinMs / 2)), withinMs / 2);
  };
  const onChunk = (chunk: Buffer) => {
    // Without a newline these bytes belong to the line that has begun. They do not give it more time.
    if (isPartial && !chunk.includes(NEWLINE)) return;
    isPartial = chunk.at(-1) !== NEWLINE;
    restart();
  };
  request.on('data', onChunk).on('pause', stop).on('resume', restart);
  lines.once('close', () => {
    request.off('data', onChunk).off('pause', stop).off('resume', restart);
    stop();
  });
}
