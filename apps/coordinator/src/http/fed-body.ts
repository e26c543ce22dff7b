/**
 * Reads the body of a feeding request batch by batch. Each batch is read when the one before is stored, so a body of any length
 * needs little memory, and the sender cannot be faster than the store.
 */
import type { Request } from 'express';
import type { Transform } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { refuseOtherBodies } from '../access/index.js';
import { recordOf, recordOfLine, type FedRecord } from '../lifecycle/index.js';
import { wrongField } from '../problems.js';
import { lineError, openLines, type Line } from './body-lines.js';

const BATCH_MAX = 1_000;

/** The media type of JSON values, one per line. */
export const NDJSON = 'application/x-ndjson';

type Store = (records: readonly FedRecord[]) => Promise<void>;

/**
 * Passes the records of a body to `store`, one batch after another.
 * @param body the parsed JSON body; unused for NDJSON, which is read from the request
 * @param lineWithinMs the rest of an NDJSON line must arrive within this time; 30 s when left out
 * @throws ProblemError when the body cannot be read, and what `store` throws
 */
export async function readFedBody(request: Request, body: unknown, store: Store, lineWithinMs?: number): Promise<void> {
  if (request.is(NDJSON)) return storeLines(request, store, lineWithinMs);
  // A request without a body is valid: its parameter `through` may still tell how far the feed is.
  if (request.get('Content-Length') === '0') return;
  refuseOtherBodies(request, `application/json or ${NDJSON}`);
  if (body === undefined) return;
  if (!Array.isArray(body)) throw wrongField('body', 'an array of bars', typeof body);
  for (let from = 0; from < body.length; from += BATCH_MAX) {
    await store(body.slice(from, from + BATCH_MAX).map((value, i) => recordOf(value, { index: from + i })));
  }
}

async function storeLines(request: Request, store: Store, lineWithinMs?: number): Promise<void> {
  const lines = openLines(request, { bufferedMax: BATCH_MAX, lineWithinMs });
  try {
    for await (const batch of batches(lines)) await store(batch);
  } catch (error) {
    // Read and discard the rest of the body: the next request on this connection comes after it.
    request.unpipe(lines).resume();
    throw lineError(error);
  }
}

/** The records in batches; a batch ends when no further line has arrived, so that no record waits for a later one. */
async function* batches(lines: Transform): AsyncGenerator<FedRecord[]> {
  let batch: FedRecord[] = [];
  let index = 0;
  for await (const { text, number } of lines as AsyncIterable<Line>) {
    batch.push(recordOfLine(text, { index: index++, line: number }));
    if (batch.length < BATCH_MAX) {
      // When no line is waiting, further lines get one turn of the event loop to arrive.
      if (lines.readableLength === 0) await nextTurn();
      if (lines.readableLength > 0) continue;
    }
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
