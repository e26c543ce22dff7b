/**
 * The body of a feeding request, batch by batch: the next one is read when the last has been taken, so that a body of any
 * length needs little memory and a fast sender is slowed down to what the store takes.
 */
import type { Request } from 'express';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transform } from 'node:stream';
import split from 'split2';
import { recordOf, recordOfLine, type FedRecord } from '../lifecycle/index.js';
import { BODY_BYTES_MAX } from '../access/index.js';
import { InvalidInputError, ProblemError } from '../problems/index.js';

/** Records that are taken at once. */
const BATCH_MAX = 1_000;

export const NDJSON = 'application/x-ndjson';

/** Gives the records of a body to `take`. @throws ProblemError when the body cannot be read, what `take` throws */
export async function takeBody(
  request: Request,
  body: unknown,
  take: (records: readonly FedRecord[]) => Promise<void>,
): Promise<void> {
  if (request.is(NDJSON) !== false && request.is(NDJSON) !== null) return takeLines(request, take);
  if (request.is('json') === false) {
    const was = request.headers['content-type'] ?? 'none';
    throw new ProblemError('unsupported-media-type', `expected application/json or ${NDJSON}, was ${was}`);
  }
  // Without a body there are no bars: the request may say how far the stream is, and no more.
  if (body === undefined) return;
  if (!Array.isArray(body)) {
    throw new InvalidInputError([{ field: 'body', expected: 'an array of bars', was: typeof body }]);
  }
  for (let from = 0; from < body.length; from += BATCH_MAX) {
    await take(body.slice(from, from + BATCH_MAX).map((value, i) => recordOf(value, { index: from + i })));
  }
}

async function takeLines(request: Request, take: (records: readonly FedRecord[]) => Promise<void>): Promise<void> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ProblemError('unsupported-media-type', `expected lines without Content-Encoding, was ${encoding}`);
  }
  const lines: Transform = split({ maxLength: BODY_BYTES_MAX, readableHighWaterMark: BATCH_MAX });
  const cut = new ProblemError(
    'bad-request',
    'the body was cut off; some of what came before is stored, and all of it may be sent again',
  );
  // Whoever went away before this was called says so no more: the pipe would never end.
  if (request.destroyed && !request.complete) throw cut;
  // Not by `pipeline`: it destroys the connection of a failed request, and the rest of the body would not be read.
  request.once('error', () => lines.destroy(cut));
  request.once('close', () => !request.complete && lines.destroy(cut));
  request.pipe(lines);
  try {
    for await (const batch of batches(lines)) await take(batch);
  } catch (error) {
    // What is still sent is let go by: unread it would stand before the next request of the connection.
    request.unpipe(lines).resume();
    if (!(error instanceof Error) || error.message !== 'maximum buffer reached') throw error;
    throw new ProblemError('body-too-large', `expected lines of at most ${BODY_BYTES_MAX} characters`);
  }
}

/** Records in batches; a batch ends when no further line is here, so that none waits for one that comes much later. */
async function* batches(lines: Transform): AsyncGenerator<FedRecord[]> {
  let batch: FedRecord[] = [];
  let [line, index] = [0, 0];
  for await (const text of lines as AsyncIterable<string>) {
    line++;
    if (text.trim() !== '') batch.push(recordOfLine(text, { index: index++, line }));
    if (batch.length === 0) continue;
    // Lines that are sent one by one come together within a turn of the event loop.
    if (batch.length < BATCH_MAX && lines.readableLength === 0) await nextTurn();
    if (batch.length < BATCH_MAX && lines.readableLength > 0) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
