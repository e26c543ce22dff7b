/**
 * Extracts what a mirror needs from the streams of a session. The stream of public events gives the session's state. The stream of changes
 * of each partition says which symbols have changed bars on which day. It includes changes after the clock, which a mirror never shows
 * (invariant I2, docs/ARCHITECTURE.md). When entries were trimmed before they were read, the mirror reloads everything. Does no I/O.
 */
import { isEventType, parseEvent, type ReadCommand, type SessionLayout } from '@barkeep/session-data';
import { stateOf, type ReportedState, type StreamEntry } from './session-state.js';

/** Maximum number of entries that one round reads of each stream. */
const PAGE = 1_000;
/** The cursor of a stream without entries: an id before that of every entry. */
const EMPTY_STREAM = '0-0';
/** Types of events that report changed bars of a day. */
const CHANGES: ReadonlySet<string> = new Set(['gap-filled', 'late-bars', 'derived']);

/** Symbols whose base bars of one day changed, and symbols whose derived bars changed. */
export interface DayChange {
  base: Set<string>;
  derived: Set<string>;
}

/** The result of one round of reading. */
export interface TailRound {
  /** The changed symbols by trading date, `YYYY-MM-DD`. */
  changes: ReadonlyMap<string, DayChange>;
  state: ReportedState | undefined;
  /** True when entries were trimmed between the last round and this one, so that the mirror must reload. */
  hasMissedEntries: boolean;
  /** True when a stream may have more entries than this round read. */
  isMore: boolean;
  /** Id of the last entry that this round read, by stream; for {@link EventTail.commit}. */
  cursors: readonly string[];
}

export class EventTail {
  /** Id of the last processed entry, by stream. */
  private cursors: readonly string[];

  /** @param cursors the newest entry of each stream at the start; '0-0' for an empty stream */
  constructor(cursors: readonly string[]) {
    this.cursors = cursors;
  }

  /** Commands that read the newest entry of each stream. */
  static newestCommands(layout: SessionLayout): ReadCommand[] {
    return streamsOf(layout).map((key) => ['xrevrange', key, '+', '-', 'COUNT', 1]);
  }

  /** The id of each stream's newest entry, from the replies to {@link newestCommands}. */
  static newest(replies: readonly unknown[]): string[] {
    return (replies as StreamEntry[][]).map((entries) => entries[0]?.[0] ?? EMPTY_STREAM);
  }

  /** The reads of one round, one per stream. Each starts at the last processed entry: if the reply lacks that entry, it was trimmed. */
  commands(layout: SessionLayout): ReadCommand[] {
    return streamsOf(layout).map((key, stream) => ['xrange', key, this.cursor(stream), '+', 'COUNT', PAGE]);
  }

  /** Decodes the replies of a round. Does not move the cursors: {@link commit} does. */
  decode(replies: readonly unknown[]): TailRound {
    const changes = new Map<string, DayChange>();
    const cursors: string[] = [];
    const round: TailRound = { changes, state: undefined, hasMissedEntries: false, isMore: false, cursors };
    (replies as StreamEntry[][]).forEach((entries, stream) => {
      const cursor = this.cursor(stream);
      const isPageFull = entries.length === PAGE;
      // A stream that was empty cannot have been trimmed while it has less than a page of entries.
      const isComplete = cursor === EMPTY_STREAM ? !isPageFull : entries[0]?.[0] === cursor;
      if (!isComplete) round.hasMissedEntries = true;
      if (isPageFull) round.isMore = true;
      cursors.push(entries.at(-1)?.[0] ?? EMPTY_STREAM);
      for (const [id, fields] of entries) {
        // Ignores changes in the public events (stream 0), which repeat the changes of the partitions when the clock has passed them.
        if (id !== cursor && (stream > 0 || !isChange(fields))) addEntry(fields, changes, round);
      }
    });
    return round;
  }

  /** Id of the last processed entry of a stream: 0 for the public events, 1 + p for the changes of partition p. */
  cursor(stream: number): string {
    return this.cursors[stream] ?? EMPTY_STREAM;
  }

  /** Moves the cursors to the end of a round. */
  commit({ cursors }: Pick<TailRound, 'cursors'>): void {
    this.cursors = cursors;
  }
}

/** The public events, which partition 0 has for the whole session, then the changes of each partition. */
function streamsOf({ keys }: SessionLayout): string[] {
  return [keys[0]!.events, ...keys.map(({ changes }) => changes)];
}

/** True for an entry that reports changed bars of a day. @param fields names and values of the entry's fields, in turn */
export function isChange(fields: readonly string[]): boolean {
  return CHANGES.has(field(fields, 'type') ?? '');
}

/** Adds what an entry reports to a round and its changes. */
function addEntry(
  fields: readonly string[],
  changes: Map<string, DayChange>,
  round: Pick<TailRound, 'state' | 'hasMissedEntries'>,
): void {
  if (!effectOf(fields).mustParse) return;
  if (!isChange(fields)) {
    round.state = stateOf(fields) ?? round.state;
    return;
  }
  const event = parseEvent(fields, 0); // 0: the time of the entry does not matter
  if (event?.type !== 'gap-filled' && event?.type !== 'late-bars' && event?.type !== 'derived') {
    round.hasMissedEntries = true; // the event cannot be parsed, so the changed symbols are unknown: everything is reloaded
    return;
  }
  const { type, date, symbols } = event;
  const change = changes.get(date) ?? { base: new Set(), derived: new Set() };
  changes.set(date, change);
  const changed = type === 'derived' ? change.derived : change.base;
  // `symbols` is a list of names, or counts by name.
  for (const symbol of Array.isArray(symbols) ? symbols : Object.keys(symbols)) changed.add(symbol);
}

/** What an entry changes for a mirror. */
export interface EntryEffect {
  /** The new clock of the session, epoch ms. */
  clock?: number;
  /** The day whose bars changed, `YYYY-MM-DD`. */
  date?: string;
  /** True when the entry may have another effect, which only parsing all of it shows. */
  mustParse: boolean;
}

/** Finds the effect of an entry without parsing all of it. @param fields names and values of the entry's fields, in turn */
export function effectOf(fields: readonly string[]): EntryEffect {
  const type = field(fields, 'type') ?? '';
  if (type === 'clock') {
    const clock = Number(field(fields, 'time') ?? NaN);
    return Number.isFinite(clock) ? { clock, mustParse: false } : { mustParse: true };
  }
  if (CHANGES.has(type)) return { date: field(fields, 'date'), mustParse: true };
  // A type that this version does not know may mean anything.
  return { mustParse: type === 'state' || !isEventType(type) };
}

function field(fields: readonly string[], name: string): string | undefined {
  const at = fields.indexOf(name);
  return at < 0 ? undefined : fields[at + 1];
}
