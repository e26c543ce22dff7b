import { decodePageCursor, encodePageCursor, CursorError } from './session-row.js';

test('a decoded cursor is the position that was encoded, for any id', () => {
  for (const id of ['a', 'with space\nand more', 'é']) {
    const position = { createdAt: new Date(1_700_000_000_123), id };
    expect(decodePageCursor(encodePageCursor(position))).toEqual(position);
  }
});

test('a text that is not a cursor is refused', () => {
  for (const cursor of [
    '',
    'x',
    '!!',
    Buffer.from('12').toString('base64url'), // no id
    Buffer.from(`${'9'.repeat(16)} a`).toString('base64url'), // a time of too many digits
    Buffer.from('12 a\0').toString('base64url'), // a character that PostgreSQL has in no text
  ])
    expect(() => decodePageCursor(cursor)).toThrow(CursorError);
});
