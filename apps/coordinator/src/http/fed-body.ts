/**
 * The body of a feeding request, batch by batch. The next batch is read when the last one is stored, so a body of any
 * length needs little memory, and the sender cannot be faster than the store.
 */
import type { Request } from 'express';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transform } from 'node:stream';
import split from 'split2';
import { recordOf, recordOfLine, type FedRecord } from '../lifecycle/index.js';
import { BODY_BYTES_MAX, refuseOtherBodies } from '../access/index.js';
import { ProblemError, wrongField } from '../problems.js';

/** Records in one batch. */
const BATCH_MAX = 1_000;
/** Blank lines that may follow each other. */
export const BLANK_LINES_MAX = 1_048_576;
/** Time within which a line must be whole, ms. Between lines a sender may pause for as long as it likes. */
const LINE_WITHIN_MS = 30_000;

const NEWLINE = 0x0a;

export const NDJSON = 'application/x-ndjson';

/** A line that is not blank. */
interface Line {
  text: string;
  /** From 1. */
  number: number;
}

/**
 * Passes the records of a body to `store`.
 * @param lineWithinMs time within which a line of NDJSON must be whole
 * @throws ProblemError when the body cannot be read, and what `store` throws
 */
export async function readFedBody(
  request: Request,
  body: unknown,
  store: (records: readonly FedRecord[]) => Promise<void>,
  lineWithinMs = LINE_WITHIN_MS,
): Promise<void> {
  if (request.is(NDJSON)) return readLines(request, store, lineWithinMs);
  refuseOtherBodies(request, `application/json or ${NDJSON}`);
  // Without a body there are no bars; the request may still say how far the stream is.
  if (body === undefined) return;
  if (!Array.isArray(body)) throw wrongField('body', 'an array of bars', typeof body);
  for (let from = 0; from < body.length; from += BATCH_MAX) {
    await store(body.slice(from, from + BATCH_MAX).map((value, i) => recordOf(value, { index: from + i })));
  }
}

async function readLines(
  request: Request,
  store: (records: readonly FedRecord[]) => Promise<void>,
  lineWithinMs: number,
): Promise<void> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ProblemError('unsupported-media-type', `expected lines without Content-Encoding, was ${encoding}`);
  }
  const lines: Transform = split('\n', lineReader(), {
    maxLength: BODY_BYTES_MAX,
    readableHighWaterMark: BATCH_MAX,
  });
  const cut = new ProblemError(
    'bad-request',
    'the body was cut off; some of what came before is stored, and all of it may be sent again',
  );
  // A sender that disconnected before this call emits nothing more: the pipe would never end.
  if (request.destroyed && !request.complete) throw cut;
  // Not by `pipeline`: it destroys the connection of a failed request, and the rest of the body would not be read.
  request.once('error', () => lines.destroy(cut));
  request.once('close', () => !request.complete && lines.destroy(cut));
  const stopTimer = limitLines(request, lines, lineWithinMs);
  request.pipe(lines);
  try {
    for await (const batch of batches(lines)) await store(batch);
  } catch (error) {
    // Read and discard the rest: unread it would precede the next request of the connection.
    request.unpipe(lines).resume();
    if (!(error instanceof Error) || error.message !== 'maximum buffer reached') throw error;
    throw new ProblemError('body-too-large', `expected lines of at most ${BODY_BYTES_MAX} characters`);
  } finally {
    stopTimer();
  }
}

/** Numbers the lines and skips blank ones, at the cost of one check for each. */
function lineReader(): (text: string) => Line | undefined {
  let number = 0;
  let blank = 0;
  return (text) => {
    number++;
    if (text.trim() !== '') {
      blank = 0;
      return { text: text.endsWith('\r') ? text.slice(0, -1) : text, number };
    }
    if (++blank <= BLANK_LINES_MAX) return undefined;
    throw new ProblemError('body-too-large', `expected at most ${BLANK_LINES_MAX} blank lines in succession`);
  };
}

/**
 * Ends `lines` with an error when a line is not whole within `withinMs`. Time in which the request is paused, because the store
 * is slow, does not count.
 * @returns ends the check
 */
function limitLines(request: Request, lines: Transform, withinMs: number): () => void {
  let isPartial = false;
  let timer: NodeJS.Timeout | undefined;
  const giveUp = () => {
    // The sender has not ended its body, so the connection cannot be used for another request.
    request.res?.setHeader('Connection', 'close');
    lines.destroy(new ProblemError('bad-request', `expected the rest of a line within ${withinMs} ms`));
  };
  const stop = () => clearTimeout(timer);
  const restart = () => {
    stop();
    if (!isPartial) return;
    // Two timers: when the process was suspended, what has arrived meanwhile is read before the second one ends.
    timer = setTimeout(() => (timer = setTimeout(giveUp, withinMs / 2)), withinMs / 2);
  };
  const look = (chunk: Buffer) => {
    if (isPartial && !chunk.includes(NEWLINE)) return;
    isPartial = chunk.at(-1) !== NEWLINE;
    restart();
  };
  request.on('data', look).on('pause', stop).on('resume', restart);
  return () => {
    request.off('data', look).off('pause', stop).off('resume', restart);
    stop();
  };
}

/** Records in batches; a batch ends when no further line has arrived, so that no record waits for a later one. */
async function* batches(lines: Transform): AsyncGenerator<FedRecord[]> {
  let batch: FedRecord[] = [];
  let index = 0;
  for await (const { text, number } of lines as AsyncIterable<Line>) {
    batch.push(recordOfLine(text, { index: index++, line: number }));
    // Lines that arrive one by one are collected for one turn of the event loop.
    if (batch.length < BATCH_MAX && lines.readableLength === 0) await nextTurn();
    if (batch.length < BATCH_MAX && lines.readableLength > 0) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
