/**
 * The one read that has to cost hardly more than a PING: the record of one slot with all that says whether it may be shown, in a
 * single command. Sends the script's text when the server does not know it yet.
 */
import { createHash } from 'node:crypto';
import { RECORD_BYTES } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { READ_NEWEST } from './scripts/read-slots.js';
import { isScriptUnknown } from './slots-read.js';

const SHA = createHash('sha1').update(READ_NEWEST).digest('hex');
const SEPARATOR = '|';

/** Bytes `[from, to)` of a chunk of partition 0, behind the fields that {@link READ_NEWEST} names. */
export async function readNewestRecord(
  redis: Redis,
  meta: string,
  chunk: string,
  from: number,
  to: number,
): Promise<Buffer> {
  let reply: unknown;
  try {
    reply = await redis.callBuffer('EVALSHA', SHA, 2, meta, chunk, from, to - 1);
  } catch (error) {
    if (!isScriptUnknown(error)) throw error;
    reply = await redis.callBuffer('EVAL', READ_NEWEST, 2, meta, chunk, from, to - 1);
  }
  return reply as Buffer;
}

/** The fields before the record: incarnation, clock, retainedFrom, version, joining; '' for one that is not there. */
export function fieldsOf(reply: Buffer): string[] {
  const fields: string[] = [];
  for (let at = 0; fields.length < 5;) {
    const end = reply.indexOf(SEPARATOR, at);
    fields.push(reply.toString('latin1', at, end));
    at = end + 1;
  }
  return fields;
}

/** The record at the end of a reply; undefined of one that ends before it. */
export function recordOf(reply: Buffer): Uint8Array | undefined {
  const head = fieldsOf(reply).reduce((length, field) => length + field.length + SEPARATOR.length, 0);
  return reply.length === head + RECORD_BYTES ? reply.subarray(head) : undefined;
}
