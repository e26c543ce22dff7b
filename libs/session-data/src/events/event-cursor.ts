/**
 * The position of a reader in the events of a session: for each partition the id of the last entry that it read. The text
 * form is short, because each event carries one; it names the view of the events. Pure.
 */
import type { View } from '../layout/index.js';

/** By stream (in a strategy's view by partition); a missing id and `0-0` mean the stream's beginning. */
export type EventCursor = readonly string[];

/** Before the first event. */
export const EVENTS_BEGINNING: EventCursor = [];
/** An entry's id before every other. */
export const FIRST_ID = '0-0';

const PARTITIONS_MAX = 1_024;
const LETTERS = { strategy: 'e', operator: 'o' } as const satisfies Record<View, string>;
const PART = /^[0-9a-z]{1,11}(-[0-9a-z]{1,11})?$/;

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

/** The cursor after an entry of a partition. */
export function cursorAfter(cursor: EventCursor, partition: number, id: string): EventCursor {
  const next = Array.from({ length: Math.max(cursor.length, partition + 1) }, (_, p) => cursor[p] ?? FIRST_ID);
  next[partition] = id;
  return next;
}

/** Order of two entries' ids: negative when `a` comes first. */
export function compareIds(a: string, b: string): number {
  const [aMs = 0, aSequence = 0] = a.split('-').map(Number);
  const [bMs = 0, bSequence = 0] = b.split('-').map(Number);
  return aMs - bMs || aSequence - bSequence;
}
