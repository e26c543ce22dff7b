import { ReplyFormatError, ReplyParser, type Reply } from './reply-parser.js';

/** Replies of every kind, as they are sent and as they are parsed. The first one is a list of three values. */
const KINDS: [sent: string, parsed: unknown][] = [
  ['*3\r\n$1\r\na\r\n$-1\r\n*2\r\n:-12\r\n+OK\r\n', [Buffer.from('a'), null, [-12, 'OK']]],
  ['$7\r\nx\r\ny\r\nz\r\n', Buffer.from('x\r\ny\r\nz')],
  ['-ERR no\r\n', new Error('ERR no')],
  [':9007199254740991\r\n', 9_007_199_254_740_991],
  ['*0\r\n', []],
  ['*-1\r\n', null],
  ['$0\r\n\r\n', Buffer.alloc(0)],
];
const BYTES = Buffer.from(KINDS.map(([sent]) => sent).join(''));
const REPLIES = KINDS.map(([, parsed]) => parsed);

/** All complete replies in `[0, end)`, and where the first incomplete one begins. */
function readAll(bytes: Buffer, end: number): { replies: Reply[]; at: number } {
  const parser = new ReplyParser();
  const replies: Reply[] = [];
  let at = 0;
  while (at < end) {
    const next = parser.read(bytes, at, end);
    if (next < 0) break;
    replies.push(parser.reply);
    at = next;
  }
  return { replies, at };
}

test('replies of every kind come out as they were sent, byte strings as views', () => {
  const { replies, at } = readAll(BYTES, BYTES.length);
  expect(replies).toEqual(REPLIES);
  expect(at).toBe(BYTES.length);
  expect((replies[1] as Buffer).buffer).toBe(BYTES.buffer);
});

test('after a cut at any byte the complete replies are returned and the next one is not started', () => {
  let lastCount = 0;
  for (let end = 0; end <= BYTES.length; end++) {
    // The bytes after the cut belong to an earlier answer and must not be read.
    const bytes = Buffer.concat([BYTES.subarray(0, end), Buffer.from('\r\n:1\r\n')]);
    const { replies, at } = readAll(bytes, end);
    expect(replies).toEqual(REPLIES.slice(0, replies.length));
    expect(replies.length).toBeGreaterThanOrEqual(lastCount);
    expect(at).toBeLessThanOrEqual(end);
    lastCount = replies.length;
  }
  expect(lastCount).toBe(REPLIES.length);
});

test('a list begins at its first value once its length has arrived', () => {
  const parser = new ReplyParser();
  const headerBytes = '*3\r\n'.length;
  for (let end = 0; end < headerBytes; end++) expect(parser.begin(BYTES, 0, end)).toBe(-1);
  expect(parser.begin(BYTES, 0, headerBytes)).toBe(headerBytes);
  expect(parser.length).toBe(3);
});

test.each([
  ['a bulk string', '$7'],
  ['an empty list', '*0'],
  ['null instead of a list', '*-1'],
])('%s is not begun, but read at once', (_, start) => {
  const at = BYTES.indexOf(start);
  expect(new ReplyParser().begin(BYTES, at, BYTES.length)).toBe(at);
});

test('bytes of another protocol are refused', () => {
  const bytes = Buffer.from('HTTP/1.1 400\r\n');
  expect(() => readAll(bytes, bytes.length)).toThrow(ReplyFormatError);
});
