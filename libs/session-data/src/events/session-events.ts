/**
 * Reads the events of a session, of all its partitions, from any cursor. Events of one partition keep their order; events
 * of several partitions come approximately in the order of emission, and never after an event of a later batch. Reports
 * when events were trimmed before they were read.
 */
import type { Redis } from 'ioredis';
import { type SessionLayout, SessionLostError, type View } from '../layout/index.js';
import { CHANGES, parseEvent, type SessionEvent } from './event-types.js';
import { runCommands } from '../redis/index.js';

/**
 * The position of a reader in the events of a session: the id of the last entry that it read, by stream (in a strategy's view by
 * partition). A missing id and `0-0` mean the stream's beginning.
 */
export type EventCursor = readonly string[];

/** Before the first event. */
export const EVENTS_BEGINNING: EventCursor = [];
/** An entry's id before every other. */
const FIRST_ID = '0-0';

const PARTITIONS_MAX = 1_024;
const LETTERS = { strategy: 'e', operator: 'o' } as const satisfies Record<View, string>;
const PART = /^[0-9a-z]{1,11}(-[0-9a-z]{1,11})?$/;

/** An event with the cursor from which the next one is read. */
export interface CursoredEvent {
  event: SessionEvent;
  cursor: EventCursor;
}

export interface EventBatch {
  events: CursoredEvent[];
  /** Where to continue: after all entries that were read, including types that this version does not know. */
  cursor: EventCursor;
  /** True when events between the cursor and these were trimmed: a follower must read the store again. */
  gap: boolean;
}

export interface EventReadOptions {
  /** Entries of one partition at most. @default 500 */
  limit?: number;
  /**
   * How long to wait for an event when there is none, ms. Needs a separate connection. Events of partitions other than 0
   * are seen when the wait ends. @default 0
   */
  blockMs?: number;
}

/** The session whose events are read: an `OpenSession`, or any other object that keeps track of its symbols. */
export interface EventSource {
  readonly layout: SessionLayout;
  refresh(): Promise<void>;
}

type Entry = [id: string, fields: string[]];
const LIMIT = 500;

export class SessionEvents {
  constructor(
    private readonly redis: Redis,
    private readonly session: EventSource,
    /** A strategy's events depend on nothing after the clock. An operator gets events as they happen. */
    private readonly view: View = 'strategy',
  ) {}

  /** The cursor after all events so far. @throws SessionLostError */
  async now(): Promise<EventCursor> {
    await this.session.refresh();
    const reads = this.streams().map((key) => ['xrevrange', key, '+', '-', 'COUNT', 1]);
    return ((await runCommands(this.redis, reads)) as Entry[][]).map(([last]) => last?.[0] ?? FIRST_ID);
  }

  /** Events after a cursor, oldest first; none when there are none. @throws SessionLostError */
  async read(
    from: EventCursor = EVENTS_BEGINNING,
    { limit = LIMIT, blockMs = 0 }: EventReadOptions = {},
  ): Promise<EventBatch> {
    const batch = await this.readOnce(from, limit);
    if (batch.events.length > 0 || batch.gap || blockMs === 0) return batch;
    const { events } = this.session.layout.keysOf(0);
    await this.redis.xread('COUNT', 1, 'BLOCK', blockMs, 'STREAMS', events, batch.cursor[0] ?? FIRST_ID);
    return this.readOnce(batch.cursor, limit);
  }

  private async readOnce(from: EventCursor, limit: number): Promise<EventBatch> {
    const { layout } = this.session;
    const streams = this.streams();
    const reads = streams.flatMap((key, at) => [
      ['xread', 'COUNT', limit, 'STREAMS', key, from[at] ?? FIRST_ID],
      ['xrange', key, '-', '+', 'COUNT', 1],
    ]);
    const versions = ['hmget', layout.keysOf(0).meta, 'incarnation', 'version'];
    const [meta, ...replies] = await runCommands(this.redis, [versions, ...reads]);
    const [incarnation, version] = meta as (string | null)[];
    if (!layout.owns(incarnation)) throw new SessionLostError(layout.id);
    if (Number(version ?? 0) !== layout.membership.version) {
      await this.session.refresh();
      if (this.session.layout !== layout) return this.readOnce(from, limit);
    }
    const read = streams.map((_, at) => {
      const entries = (replies[2 * at] as [string, Entry[]][] | null)?.[0]?.[1] ?? [];
      const [first] = replies[2 * at + 1] as Entry[];
      return { entries, first: first?.[0] };
    });
    const gaps = await Promise.all(
      read.map(async ({ entries, first }, at) => {
        const id = from[at] ?? FIRST_ID;
        // If the last entry that was read is also the last that was trimmed, nothing is lost, but that cannot be seen.
        if (entries.length === 0 || first === undefined || compareIds(first, id) <= 0) return false;
        return id === FIRST_ID ? this.isTrimmed(streams[at]!) : true;
      }),
    );
    const { events, cursor } = merged(from, read);
    // An operator reads each change from the stream in which it was made. The same change in the public events is a
    // repetition.
    const shown =
      this.view === 'operator' ? events.filter(({ event, stream }) => stream > 0 || !CHANGES.has(event.type)) : events;
    const gap = gaps.includes(true);
    if (shown.length === 0 && events.length > 0 && !gap) return this.readOnce(cursor, limit);
    return { events: shown.map(({ event, cursor: at }) => ({ event, cursor: at })), cursor, gap };
  }

  /** The streams of the view: a strategy's are those that every partition publishes. */
  private streams(): string[] {
    const { layout } = this.session;
    if (this.view === 'strategy') return layout.keys.map(({ events }) => events);
    return [layout.keysOf(0).events, ...layout.keys.map(({ changes }) => changes)];
  }

  /** Whether a stream has lost its first entries. */
  private async isTrimmed(key: string): Promise<boolean> {
    const info = (await this.redis.xinfo('STREAM', key)) as unknown[];
    const field = (name: string) => info[info.indexOf(name) + 1];
    return field('length') !== field('entries-added');
  }
}

/** Entries of all partitions in one order, each with the cursor after it. */
function merged(from: EventCursor, read: readonly { entries: readonly Entry[] }[]) {
  const all = read.flatMap(({ entries }, partition) => entries.map(([id, fields]) => ({ partition, id, fields })));
  all.sort((a, b) => compareIds(a.id, b.id) || a.partition - b.partition);
  const events: (CursoredEvent & { stream: number })[] = [];
  let cursor = read.map((_, partition) => from[partition] ?? FIRST_ID);
  for (const { partition, id, fields } of all) {
    cursor = cursor.with(partition, id);
    const event = parseEvent(fields, Number(id.split('-')[0]));
    if (event) events.push({ event, cursor, stream: partition });
  }
  return { events, cursor };
}

/** A cursor as text: ids in base 36, separated by dots; opaque to callers. */
export function encodeCursor(cursor: EventCursor, view: View = 'strategy'): string {
  const parts = cursor.map((id) => {
    const [ms = 0, sequence = 0] = id.split('-').map(Number);
    if (ms === 0 && sequence === 0) return '';
    return sequence === 0 ? ms.toString(36) : `${ms.toString(36)}-${sequence.toString(36)}`;
  });
  return `${LETTERS[view]}${parts.join('.')}`;
}

/** The cursor of a text, or undefined when the text is not a cursor of this view. */
export function decodeCursor(text: string, view: View = 'strategy'): EventCursor | undefined {
  if (!text.startsWith(LETTERS[view])) return undefined;
  if (text.length === 1) return EVENTS_BEGINNING;
  const parts = text.slice(1).split('.');
  if (parts.length > PARTITIONS_MAX) return undefined;
  const ids = parts.map((part) => {
    if (part === '') return FIRST_ID;
    if (!PART.test(part)) return undefined;
    const [ms = 0, sequence = 0] = part.split('-').map((digits) => Number.parseInt(digits, 36));
    return Number.isSafeInteger(ms) && Number.isSafeInteger(sequence) ? `${ms}-${sequence}` : undefined;
  });
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

/** Order of two entries' ids: negative when `a` comes first. */
function compareIds(a: string, b: string): number {
  const [aMs = 0, aSequence = 0] = a.split('-').map(Number);
  const [bMs = 0, bSequence = 0] = b.split('-').map(Number);
  return aMs - bMs || aSequence - bSequence;
}
