/**
 * The one read that has to cost hardly more than a PING: the record of one slot with all that says whether it may be shown, in a
 * single command.
 */
import { createHash } from 'node:crypto';
import { RECORD_BYTES } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { READ_NEWEST } from './read-slots-script.js';

const SHA = createHash('sha1').update(READ_NEWEST).digest('hex');
const SEPARATOR = '|';

/**
 * Asks for bytes `[from, to]` of a chunk of partition 0, behind the fields that {@link READ_NEWEST} names. A function of no layers: each
 * costs as much as Redis takes for it. Rejects with {@link isScriptUnknown} when the server does not know the script.
 */
export function askNewestRecord(redis: Redis, args: NewestArguments): Promise<Buffer> {
  return redis.callBuffer('EVALSHA', SHA, ...args) as Promise<Buffer>;
}

/** The same with the script's text, so that the server knows it from then on. */
export function teachNewestRecord(redis: Redis, args: NewestArguments): Promise<Buffer> {
  return redis.callBuffer('EVAL', READ_NEWEST, ...args) as Promise<Buffer>;
}

/** What {@link READ_NEWEST} is called with. */
export type NewestArguments = readonly [keys: 2, meta: string, chunk: string, from: number, last: number];

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
