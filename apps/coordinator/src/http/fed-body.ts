/**
 * Reads the body of a feeding request batch by batch. Each batch is read when the one before is stored, so a body of any length
 * needs little memory, and the sender cannot be faster than the store.
 */
import type { Request } from 'express';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transform } from 'node:stream';
import split from 'split2';
import { recordOf, recordOfLine, type FedRecord } from '../lifecycle/index.js';
import { BODY_BYTES_MAX, refuseOtherBodies } from '../access/index.js';
import { ProblemError, wrongField } from '../problems.js';

/** Most records of a batch. */
const BATCH_MAX = 1_000;
/** Most blank lines in succession: a body of newlines must not keep the service busy without end. */
export const BLANK_LINES_MAX = 1_048_576;
/** The rest of a line must arrive within this time, ms. Between lines a sender may pause for any time. */
const LINE_WITHIN_MS = 30_000;

const NEWLINE = 0x0a;
/** The message of the error with which split2 ends a line that is too long. */
const LINE_TOO_LONG = 'maximum buffer reached';

/** The media type of JSON values, one per line. */
export const NDJSON = 'application/x-ndjson';

/** A line that is not blank. */
interface Line {
  text: string;
  /** Number of the line in the body, from 1. */
  number: number;
}

/**
 * Passes the records of a body to `store`, one batch after another.
 * @param body the parsed JSON body; unused for NDJSON, which is read from the request
 * @param lineWithinMs the rest of an NDJSON line must arrive within this time
 * @throws ProblemError when the body cannot be read, and what `store` throws
 */
export async function readFedBody(
  request: Request,
  body: unknown,
  store: (records: readonly FedRecord[]) => Promise<void>,
  lineWithinMs = LINE_WITHIN_MS,
): Promise<void> {
  if (request.is(NDJSON)) return readLines(request, store, lineWithinMs);
  // A request without a body is valid: its parameter `through` may still tell how far the feed is.
  if (request.get('Content-Length') === '0') return;
  refuseOtherBodies(request, `application/json or ${NDJSON}`);
  if (body === undefined) return;
  if (!Array.isArray(body)) throw wrongField('body', 'an array of bars', typeof body);
  for (let from = 0; from < body.length; from += BATCH_MAX) {
    await store(body.slice(from, from + BATCH_MAX).map((value, i) => recordOf(value, { index: from + i })));
  }
}

/** Reads the body as NDJSON, which may have any length. */
async function readLines(
  request: Request,
  store: (records: readonly FedRecord[]) => Promise<void>,
  lineWithinMs: number,
): Promise<void> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ProblemError('unsupported-media-type', `expected lines without Content-Encoding, was ${encoding}`);
  }
  const limits = { maxLength: BODY_BYTES_MAX, readableHighWaterMark: BATCH_MAX };
  const lines: Transform = split('\n', lineReader(), limits);
  const detail = 'the body was cut off; some of what came before is stored, and all of it may be sent again';
  const cutOff = new ProblemError('bad-request', detail);
  // When the sender has disconnected already, the request emits no more events: the pipe would never end.
  if (request.destroyed && !request.complete) throw cutOff;
  // Not `pipeline`: after an error it would destroy the connection, and the caller would get no answer.
  request.once('error', () => lines.destroy(cutOff));
  request.once('close', () => {
    if (!request.complete) lines.destroy(cutOff);
  });
  const stopTimer = limitLines(request, lines, lineWithinMs);
  request.pipe(lines);
  try {
    for await (const batch of batches(lines)) await store(batch);
  } catch (error) {
    // Read and discard the rest of the body: the next request on this connection comes after it.
    request.unpipe(lines).resume();
    if (!(error instanceof Error) || error.message !== LINE_TOO_LONG) throw error;
    throw new ProblemError('body-too-large', `expected lines of at most ${BODY_BYTES_MAX} characters`);
  } finally {
    stopTimer();
  }
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
 * @returns a function that ends this check
 */
function limitLines(request: Request, lines: Transform, withinMs: number): () => void {
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
    // More bytes of the same line do not give it more time.
    if (isPartial && !chunk.includes(NEWLINE)) return;
    isPartial = chunk.at(-1) !== NEWLINE;
    restart();
  };
  request.on('data', onChunk).on('pause', stop).on('resume', restart);
  return () => {
    request.off('data', onChunk).off('pause', stop).off('resume', restart);
    stop();
  };
}

/** The records in batches; a batch ends when no further line has arrived, so that no record waits for a later one. */
async function* batches(lines: Transform): AsyncGenerator<FedRecord[]> {
  let batch: FedRecord[] = [];
  let index = 0;
  for await (const { text, number } of lines as AsyncIterable<Line>) {
    batch.push(recordOfLine(text, { index: index++, line: number }));
    // When no line is waiting, further lines get one turn of the event loop to arrive.
    if (batch.length < BATCH_MAX && lines.readableLength === 0) await nextTurn();
    if (batch.length < BATCH_MAX && lines.readableLength > 0) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
