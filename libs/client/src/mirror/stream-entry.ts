/** What the entries of a session's event streams mean for a mirror. The fields of an entry are their names and values in turn. Pure. */
import { isEventType, parseEvent } from '@barkeep/session-data';

/** A state that an event reported. */
export interface ReportedState {
  state: string;
  error?: string;
}

/**
 * What an entry changes for a mirror, as far as that shows without parsing all of the entry: the session's clock (epoch ms), the bars of a
 * day (`YYYY-MM-DD`), something else, or nothing.
 */
export type EntryEffect = { clock: number } | { changedDate: string } | 'other' | 'none';

/** Types of events that report changed bars of a day. */
const CHANGES: ReadonlySet<string> = new Set(['gap-filled', 'late-bars', 'derived']);

/** True for an entry that reports changed bars of a day. */
export function isChange(fields: readonly string[]): boolean {
  return CHANGES.has(fieldOf(fields, 'type') ?? '');
}

/** The state that an entry reports; undefined when the entry is not a `state` event. */
export function stateOf(fields: readonly string[]): ReportedState | undefined {
  if (fieldOf(fields, 'type') !== 'state') return undefined;
  const event = parseEvent(fields, 0); // 0: the time of the entry does not matter
  if (event?.type !== 'state') return undefined;
  const { state, error } = event;
  return error ? { state, error } : { state };
}

export function effectOf(fields: readonly string[]): EntryEffect {
  const type = fieldOf(fields, 'type') ?? '';
  if (type === 'clock') {
    const clock = Number(fieldOf(fields, 'time') ?? NaN);
    return Number.isFinite(clock) ? { clock } : 'other';
  }
  if (isChange(fields)) {
    const changedDate = fieldOf(fields, 'date');
    return changedDate === undefined ? 'other' : { changedDate };
  }
  // A type that this version does not know may mean anything.
  return type === 'state' || !isEventType(type) ? 'other' : 'none';
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1];
  return undefined;
}
