/**
 * What a session's event streams say that a copy of it has to know: which days of which symbols changed behind what was
 * read, and what became of the session. Goes through the stream of every partition from where it was; when entries were
 * trimmed before they were read it says so, and everything has to be read anew. Reads nothing itself.
 */
import type { ReadCommand, SessionLayout } from '@barkeep/session-data';

/** Entries a stream and round. */
const PAGE = 1_000;
const NOTHING_YET = '0-0';

/** Types of events after which stored base bars of a day are others, and those after which derived ones are. */
const BASE_CHANGES: ReadonlySet<string> = new Set(['gap-filled', 'late-bars']);
const DERIVED_CHANGES = 'derived';

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
  said: { state: SaidState | undefined },
): void {
  const type = fieldOf(fields, 'type') ?? '';
  if (type === 'state') said.state = stateOf(fields) ?? said.state;
  const isBase = BASE_CHANGES.has(type);
  if (!isBase && type !== DERIVED_CHANGES) return;
  const date = fieldOf(fields, 'date') ?? '';
  const change = changes.get(date) ?? { base: new Set(), derived: new Set() };
  changes.set(date, change);
  for (const symbol of symbolsOf(fieldOf(fields, 'symbols'))) (isBase ? change.base : change.derived).add(symbol);
}

/** The state that an entry names; undefined when it is of another kind. */
export function stateOf(fields: readonly string[]): SaidState | undefined {
  const [type, state, error] = ['type', 'state', 'error'].map((name) => fieldOf(fields, name));
  if (type !== 'state' || state === undefined) return undefined;
  return error ? { state, error } : { state };
}

/** The value of a field of a stream entry. */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}

/** Names in a JSON array, or those that a JSON object has figures of. */
function symbolsOf(json: string | undefined): string[] {
  const value: unknown = JSON.parse(json ?? '[]');
  if (Array.isArray(value)) return value.filter((symbol) => typeof symbol === 'string');
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
