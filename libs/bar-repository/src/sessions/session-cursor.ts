/** The end of a page of sessions, as an opaque text: creation time and id of its last row. Pure. */
import { CursorError } from './session-errors.js';

export interface PageEnd {
  createdAt: Date;
  id: string;
}

export function encodePageCursor({ createdAt, id }: PageEnd): string {
  return Buffer.from(`${createdAt.getTime()} ${id}`).toString('base64url');
}

/** @throws CursorError */
export function decodePageCursor(cursor: string): PageEnd {
  const match = /^(\d{1,15}) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match?.[1] || !match[2]) throw new CursorError(cursor);
  const createdAt = new Date(Number(match[1]));
  if (Number.isNaN(createdAt.getTime())) throw new CursorError(cursor);
  return { createdAt, id: match[2] };
}
