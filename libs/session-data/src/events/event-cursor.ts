/** Where a reader of a session's events is, also as a text for callers. Pure. */
import type { View } from '../layout/index.js';

/**
 * A session has an event stream for each partition. A cursor has, in the order of the partitions, the id of the last entry that a reader has
 * read of each stream. A missing id and `0-0` mean the beginning.
 */
export type EventCursor = readonly string[];

/** The cursor before the first event. */
export const EVENTS_BEGINNING: EventCursor = [];
/** Comes before the id of every entry. */
export const FIRST_ID = '0-0';

/** Most ids in a cursor that a caller sends. */
const PARTITIONS_MAX = 1_024;
/** The first letter of an encoded cursor: cursors of the two views belong to different streams. */
const VIEW_LETTERS = { strategy: 'e', operator: 'o' } as const satisfies Record<View, string>;
/** An id in base 36: milliseconds, then a sequence number unless it is 0. */
const CURSOR_PART = /^[0-9a-z]{1,11}(-[0-9a-z]{1,11})?$/;

/** A cursor as short text, opaque to callers: the view's letter, and the ids in base 36 with dots between. */
export function encodeCursor(cursor: EventCursor, view: View = 'strategy'): string {
  const parts = cursor.map((id) => {
    const [ms = 0, sequence = 0] = id.split('-').map(Number);
    if (ms === 0 && sequence === 0) return '';
    return sequence === 0 ? ms.toString(36) : `${ms.toString(36)}-${sequence.toString(36)}`;
  });
  return `${VIEW_LETTERS[view]}${parts.join('.')}`;
}

/** Parses a cursor; undefined when the text is not a cursor of this view. */
export function decodeCursor(text: string, view: View = 'strategy'): EventCursor | undefined {
  if (!text.startsWith(VIEW_LETTERS[view])) return undefined;
  if (text.length === 1) return EVENTS_BEGINNING;
  const parts = text.slice(1).split('.');
  if (parts.length > PARTITIONS_MAX) return undefined;
  const ids = parts.map((part) => {
    if (part === '') return FIRST_ID;
    if (!CURSOR_PART.test(part)) return undefined;
    const [ms = 0, sequence = 0] = part.split('-').map((digits) => Number.parseInt(digits, 36));
    return Number.isSafeInteger(ms) && Number.isSafeInteger(sequence) ? `${ms}-${sequence}` : undefined;
  });
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

/** Order of two entries' ids: negative when `a` comes first. */
export function compareIds(a: string, b: string): number {
  const [aMs = 0, aSequence = 0] = a.split('-').map(Number);
  const [bMs = 0, bSequence = 0] = b.split('-').map(Number);
  return aMs - bMs || aSequence - bSequence;
}
