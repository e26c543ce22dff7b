/**
 * Reads the events of a session from any cursor, and reports when events were trimmed before they were read.
 *
 * Each partition has two streams. `events` has the public events, which a strategy may see: a change of bars is there once the clock has
 * passed it. `changes` has the changes as they happen, also those after the clock; that of partition 0 also has the failures of
 * repositories. Events of the session and its clock are only in the public events of partition 0.
 *
 * A strategy reads the public events of every partition. An operator reads the public events of partition 0 and the changes of every
 * partition. Stream 0 is partition 0's public events in both views. It repeats changes, so an operator skips those.
 */
import type { Redis } from 'ioredis';
import { checkCount } from '../arguments.js';
import { SessionLostError } from '../errors.js';
import type { SessionLayout, View } from '../layout/index.js';
import { compareIds, type EventCursor, EVENTS_BEGINNING, FIRST_ID } from './event-cursor.js';
import { CHANGES, parseEvent, type SessionEvent } from './event-types.js';
import { runCommands } from '../redis/index.js';

/** An event, and the cursor from which the next event is read. */
export interface CursoredEvent {
  event: SessionEvent;
  cursor: EventCursor;
}

export interface EventBatch {
  events: CursoredEvent[];
  /** Where to continue: after all entries that were read, including types that this version does not know. */
  cursor: EventCursor;
  /** True when events after the requested cursor were trimmed: a follower must read the store again. */
  areTrimmed: boolean;
}

export interface EventReadOptions {
  /** Most entries to read per stream. @default 500 */
  limit?: number;
  /**
   * How long to wait when there are no events, ms. An event of partition 0 ends the wait; see {@link SessionEvents.read}. Needs a
   * separate connection. @default 0
   */
  blockMs?: number;
}

/** The session whose events are read: an `OpenSession`, or any other object that keeps track of its symbols. */
export interface EventSource {
  readonly layout: SessionLayout;
  refresh(): Promise<void>;
}

/** An entry of a stream. `fields`: names and values, alternating. */
export type EventEntry = [id: string, fields: string[]];
/** The entries of one stream after an id, and the id of its oldest entry; undefined when the stream is empty. */
type StreamRead = { key: string; after: string; entries: EventEntry[]; oldestId: string | undefined };

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
    const reads = this.streamKeys().map((key) => ['xrevrange', key, '+', '-', 'COUNT', 1]);
    return ((await runCommands(this.redis, reads)) as EventEntry[][]).map(([last]) => last?.[0] ?? FIRST_ID);
  }

  /**
   * Events after a cursor, oldest first; an empty batch when there are none. Waits for partition 0 only: each move of the clock has an
   * event there, and the changes that become visible by the move follow it. An entry of another stream that comes without a move is
   * read when the wait ends. @throws SessionLostError, RangeError
   */
  async read(from: EventCursor = EVENTS_BEGINNING, options: EventReadOptions = {}): Promise<EventBatch> {
    const { limit = 500, blockMs = 0 } = options;
    checkCount('limit', limit, 1);
    checkCount('blockMs', blockMs);
    const batch = await this.readNow(from, limit);
    if (batch.events.length > 0 || batch.areTrimmed || blockMs === 0) return batch;
    const { events } = this.session.layout.keysOf(0);
    const block = ['BLOCK', Math.min(blockMs, Number.MAX_SAFE_INTEGER)] as const;
    await this.redis.xread('COUNT', 1, ...block, 'STREAMS', events, batch.cursor[0] ?? FIRST_ID);
    return this.readNow(batch.cursor, limit);
  }

  /**
   * Reads without waiting. It calls itself in two cases: the symbols changed, so the partitions may have changed too; or the batch has
   * only events that the view does not show.
   */
  private async readNow(from: EventCursor, limit: number): Promise<EventBatch> {
    const streams = await this.readStreams(from, limit);
    if (!streams) return this.readNow(from, limit);
    const areTrimmed = (await Promise.all(streams.map((stream) => this.isTrimmedAfter(stream)))).includes(true);
    const { events, cursor: next } = merged(streams);
    const shown = this.view === 'operator' ? events.filter(isShownToOperator) : events;
    // For the caller an empty batch means that there are no more events. When all events are hidden there may be more, so this reads
    // on after them. But when events were trimmed, the batch is returned even if it is empty: it reports the loss.
    const isAllHidden = events.length > 0 && shown.length === 0;
    if (isAllHidden && !areTrimmed) return this.readNow(next, limit);
    return { events: shown.map(({ event, cursor }) => ({ event, cursor })), cursor: next, areTrimmed };
  }

  /** Reads each stream after the cursor; undefined when the list of symbols changed. @throws SessionLostError */
  private async readStreams(from: EventCursor, limit: number): Promise<StreamRead[] | undefined> {
    const { layout } = this.session;
    const keys = this.streamKeys();
    const reads = keys.flatMap((key, stream) => [
      ['xread', 'COUNT', Math.min(limit, Number.MAX_SAFE_INTEGER), 'STREAMS', key, from[stream] ?? FIRST_ID],
      ['xrange', key, '-', '+', 'COUNT', 1],
    ]);
    const versions = ['hmget', layout.keysOf(0).meta, 'incarnation', 'version'];
    const [meta, ...replies] = await runCommands(this.redis, [versions, ...reads]);
    const [incarnation, version] = meta as (string | null)[];
    if (!layout.owns(incarnation)) throw new SessionLostError(layout.id);
    if (Number(version ?? 0) !== layout.membership.version) {
      await this.session.refresh();
      if (this.session.layout !== layout) return undefined;
    }
    return keys.map((key, stream) => {
      // XREAD answers a list of streams with their entries, or null when there are none.
      const [answer] = (replies[2 * stream] as [key: string, entries: EventEntry[]][] | null) ?? [];
      const [oldest] = replies[2 * stream + 1] as EventEntry[];
      return { key, after: from[stream] ?? FIRST_ID, entries: answer?.[1] ?? [], oldestId: oldest?.[0] };
    });
  }

  /** Whether the stream may have lost entries after the id from which it was read. */
  private async isTrimmedAfter({ key, after, entries, oldestId }: StreamRead): Promise<boolean> {
    // Trimming keeps the newest entries. So when entries after the cursor were trimmed, newer ones were read.
    if (entries.length === 0 || oldestId === undefined) return false;
    // Trimming removes the oldest entries first. So when an entry up to the cursor is left, all entries after the cursor are left.
    const reachesBackToCursor = compareIds(oldestId, after) <= 0;
    if (reachesBackToCursor) return false;
    // All entries up to the cursor were trimmed. Whether later ones were trimmed too cannot be seen, so it counts as a loss.
    if (after !== FIRST_ID) return true;
    // No entry is before the first id, so there any trimmed entry is a loss. The reply has names and values, alternating.
    const info = (await this.redis.xinfo('STREAM', key)) as unknown[];
    const field = (name: string) => info[info.indexOf(name) + 1];
    return field('length') !== field('entries-added');
  }

  /** For a strategy: the public events of each partition. For an operator: those of partition 0, then all partitions' changes. */
  private streamKeys(): string[] {
    const { layout } = this.session;
    if (this.view === 'strategy') return layout.keys.map(({ events }) => events);
    return [layout.keysOf(0).events, ...layout.keys.map(({ changes }) => changes)];
  }
}

/** An event, and the number of the stream from which it was read. */
interface StreamedEvent extends CursoredEvent {
  stream: number;
}

/** False for a change in stream 0: an operator gets the same change from a stream of changes. */
function isShownToOperator({ event, stream }: StreamedEvent): boolean {
  return stream > 0 || !CHANGES.has(event.type);
}

/** The events of all streams, sorted by id, each with the cursor after it; and the cursor after all entries. */
function merged(streams: readonly StreamRead[]) {
  const sorted = streams.flatMap(({ entries }, stream) => entries.map(([id, fields]) => ({ stream, id, fields })));
  sorted.sort((a, b) => compareIds(a.id, b.id) || a.stream - b.stream);
  const events: StreamedEvent[] = [];
  let cursor = streams.map(({ after }) => after);
  for (const { stream, id, fields } of sorted) {
    cursor = cursor.with(stream, id);
    const event = parseEvent(fields, Number(id.split('-')[0]));
    if (event) events.push({ event, cursor, stream });
  }
  return { events, cursor };
}
