/**
 * What a session's event streams say that a copy of it has to know: which days of which symbols changed behind what was
 * read, and what became of the session. Goes through the stream of every partition from where it was; when entries were
 * trimmed before they were read it says so, and everything has to be read anew. Reads nothing itself.
 */
import {
  parseEvent,
  type ReadCommand,
  type SessionEvent,
  type SessionEventType,
  type SessionLayout,
} from '@barkeep/session-data';

/** Entries a stream and round. */
const PAGE = 1_000;
const NOTHING_YET = '0-0';
/** Types of events after which stored bars of a day are others. */
const CHANGES: ReadonlySet<string> = new Set(['gap-filled', 'late-bars', 'derived']);

/** Symbols of a day of which stored bars changed. */
export interface DayChange {
  base: Set<string>;
  derived: Set<string>;
}

/** The state that a session's events named last. */
export interface SaidState {
  state: string;
  error?: string;
}

/** What was said since the last round. */
export interface Said {
  /** By trading date. */
  changes: ReadonlyMap<string, DayChange>;
  state: SaidState | undefined;
  /** True when entries are missing between what was read before and now. */
  isGap: boolean;
  /** True when there is more to be read at once. */
  isMore: boolean;
  /** Where each partition's stream was read to; for {@link EventTail.commit}. */
  cursors: readonly string[];
}

/** A stream entry as Redis answers it: id, then fields and values in turn. */
export type StreamEntry = [id: string, fields: string[]];

export class EventTail {
  /** Id of the last entry that was taken in, by partition. */
  private cursors: readonly string[];

  /** @param cursors the newest entry of each partition when reading began; '0-0' for none */
  constructor(cursors: readonly string[]) {
    this.cursors = cursors;
  }

  /** Answers the newest entries of each partition, for {@link EventTail.newest}. */
  static newestCommands(layout: SessionLayout): ReadCommand[] {
    return layout.keys.map(({ events }) => ['xrevrange', events, '+', '-', 'COUNT', 1]);
  }

  static newest(replies: readonly unknown[]): string[] {
    return (replies as StreamEntry[][]).map((entries) => entries[0]?.[0] ?? NOTHING_YET);
  }

  /** The reads of one round, one a partition; each answers the last entry of before too, if it is still there. */
  commands(layout: SessionLayout): ReadCommand[] {
    return layout.keys.map(({ events }, p) => ['xrange', events, this.cursor(p), '+', 'COUNT', PAGE]);
  }

  /** What the replies of a round say. Nothing is taken as read until {@link commit}. */
  take(replies: readonly unknown[]): Said {
    const changes = new Map<string, DayChange>();
    const said: Said & { cursors: string[] } = { changes, state: undefined, isGap: false, isMore: false, cursors: [] };
    (replies as StreamEntry[][]).forEach((entries, p) => {
      const cursor = this.cursor(p);
      // A stream that was empty is trimmed only once it is longer than a page.
      const isWhole = cursor === NOTHING_YET ? entries.length < PAGE : entries[0]?.[0] === cursor;
      if (!isWhole) said.isGap = true;
      if (entries.length === PAGE) said.isMore = true;
      said.cursors.push(entries.at(-1)?.[0] ?? NOTHING_YET);
      for (const [id, fields] of entries) if (id !== cursor) takeEntry(fields, changes, said);
    });
    return said;
  }

  /** Id of the last entry that was taken in of a partition. */
  cursor(partition: number): string {
    return this.cursors[partition] ?? NOTHING_YET;
  }

  commit({ cursors }: Pick<Said, 'cursors'>): void {
    this.cursors = cursors;
  }
}

function takeEntry(
  fields: readonly string[],
  changes: Map<string, DayChange>,
  said: { state: SaidState | undefined; isGap: boolean },
): void {
  if (!newsOf(fields).isUnsure) return;
  const event = eventOf(fields);
  // Of a change that is said in a way which is not known here, all that is known is that there was one.
  if (!event && CHANGES.has(field(fields, 'type') ?? '')) said.isGap = true;
  if (event?.type === 'state') said.state = stateIn(event);
  // After these the stored base bars of a day are others, and after `derived` its derived ones.
  const isBase = event?.type === 'gap-filled' || event?.type === 'late-bars';
  if (!isBase && event?.type !== 'derived') return;
  const { date } = event;
  const change = changes.get(date) ?? { base: new Set(), derived: new Set() };
  changes.set(date, change);
  const changed = isBase ? change.base : change.derived;
  for (const symbol of Array.isArray(event.symbols) ? event.symbols : Object.keys(event.symbols)) changed.add(symbol);
}

/** What an entry means for a copy, as far as can be told at a glance. */
export interface News {
  /** The session's clock is there, epoch ms. */
  clock?: number;
  /** Stored bars of the day are others, `YYYY-MM-DD`. */
  date?: string;
  /** True when it may mean anything. */
  isUnsure: boolean;
}

/** Types of events that change nothing in a copy. */
const NO_NEWS: ReadonlySet<string> = new Set<SessionEventType>([
  'day-opened',
  'day-closing',
  'day-closed',
  'day-timed-out',
  'consumer-joined',
  'consumer-left',
  'consumer-dropped',
  'stream-silent',
  'gap-found',
  'gap-settled',
  'quality',
]);

/** @param fields of an entry */
export function newsOf(fields: readonly string[]): News {
  const type = field(fields, 'type') ?? '';
  const clock = type === 'clock' ? Number(field(fields, 'time') ?? NaN) : NaN;
  if (Number.isFinite(clock)) return { clock, isUnsure: false };
  if (CHANGES.has(type)) return { date: field(fields, 'date'), isUnsure: true };
  return { isUnsure: !NO_NEWS.has(type) };
}

function field(fields: readonly string[], name: string): string | undefined {
  const at = fields.indexOf(name);
  return at < 0 ? undefined : fields[at + 1];
}

/** The event of a stream entry's fields; undefined for one of which nothing is known. */
function eventOf(fields: readonly string[]): SessionEvent | undefined {
  return parseEvent(fields, 0);
}

/** The state that an entry names; undefined when it is of another kind. */
export function stateOf(fields: readonly string[]): SaidState | undefined {
  const event = eventOf(fields);
  return event?.type === 'state' ? stateIn(event) : undefined;
}

function stateIn({ state, error }: SaidState): SaidState {
  return error ? { state, error } : { state };
}
