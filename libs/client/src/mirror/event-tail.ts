/**
 * Reads the event streams of a session in rounds. A round reports which symbols have changed bars on which day, and the session's state. Its
 * changes may be after the clock; a mirror never shows these (invariant I2, docs/ARCHITECTURE.md). Does no I/O.
 */
import { type EventEntry, FIRST_ID, parseEvent, type ReadCommand, type SessionLayout } from '@barkeep/session-data';
import { isChange, stateOf, type ReportedState } from './stream-entry.js';

/** Maximum number of entries that one round reads of each stream. */
const PAGE = 1_000;

/** Symbols whose base bars of one day changed, and symbols whose derived bars changed. */
export type DayChange = Record<'base' | 'derived', Set<string>>;

/** The result of one round of reading. */
export interface TailRound {
  /** The changed symbols by trading date, `YYYY-MM-DD`. */
  changes: ReadonlyMap<string, DayChange>;
  state: ReportedState | undefined;
  /** True when changes are unknown, because entries were trimmed before this round or cannot be parsed: the mirror must reload. */
  hasMissedEntries: boolean;
  /** True when a stream may have more entries than this round read. */
  isMore: boolean;
  /** Id of the last entry that this round read, by stream; for {@link EventTail.commit}. */
  cursors: readonly string[];
}

/** The position in the streams of a session: stream 0 has the public events, stream 1 + p the changes of partition p. */
export class EventTail {
  /** @param cursors id of the last processed entry, by stream; `0-0` for an empty stream */
  constructor(private cursors: readonly string[]) {}

  /** Commands that read the newest entry of each stream. */
  static newestCommands(layout: SessionLayout): ReadCommand[] {
    return streamsOf(layout).map((key) => ['xrevrange', key, '+', '-', 'COUNT', 1]);
  }

  /** The id of each stream's newest entry, from the replies to {@link newestCommands}. */
  static newest(replies: readonly unknown[]): string[] {
    return (replies as EventEntry[][]).map((entries) => entries[0]?.[0] ?? FIRST_ID);
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
    (replies as EventEntry[][]).forEach((entries, stream) => {
      const cursor = this.cursor(stream);
      const isPageFull = entries.length === PAGE;
      // A stream that was empty cannot have been trimmed while it has less than a page of entries.
      const isComplete = cursor === FIRST_ID ? !isPageFull : entries[0]?.[0] === cursor;
      if (!isComplete) round.hasMissedEntries = true;
      if (isPageFull) round.isMore = true;
      cursors.push(entries.at(-1)?.[0] ?? FIRST_ID);
      for (const [id, fields] of entries) {
        if (id === cursor) continue; // processed in the round before
        if (!isChange(fields)) round.state = stateOf(fields) ?? round.state;
        // The public events repeat the changes of the partitions when the clock has passed them.
        else if (stream > 0 && !addChange(fields, changes)) round.hasMissedEntries = true;
      }
    });
    return round;
  }

  /** Id of the last processed entry of a stream. */
  cursor(stream: number): string {
    return this.cursors[stream] ?? FIRST_ID;
  }

  /** Moves the cursors to the end of a round. */
  commit({ cursors }: Pick<TailRound, 'cursors'>): void {
    this.cursors = cursors;
  }
}

function streamsOf({ keys }: SessionLayout): string[] {
  return [keys[0]!.events, ...keys.map(({ changes }) => changes)];
}

/** Adds the symbols of an entry that reports changed bars. @returns false when the entry cannot be parsed */
function addChange(fields: readonly string[], changes: Map<string, DayChange>): boolean {
  const event = parseEvent(fields, 0); // 0: the time of the entry does not matter
  if (event?.type !== 'gap-filled' && event?.type !== 'late-bars' && event?.type !== 'derived') return false;
  const { type, date, symbols } = event;
  const change = changes.get(date) ?? { base: new Set(), derived: new Set() };
  changes.set(date, change);
  const changed = type === 'derived' ? change.derived : change.base;
  // `symbols` is a list of names, or counts by name.
  for (const symbol of Array.isArray(symbols) ? symbols : Object.keys(symbols)) changed.add(symbol);
  return true;
}
