import { ReplyFormatError, ReplyParser, type Reply } from './reply-parser.js';

const BYTES = Buffer.from(
  '*3\r\n$1\r\na\r\n$-1\r\n*2\r\n:-12\r\n+OK\r\n' +
    '$7\r\nx\r\ny\r\nz\r\n' +
    '-ERR no\r\n' +
    ':9007199254740991\r\n' +
    '*0\r\n*-1\r\n$0\r\n\r\n',
);
const REPLIES = [
  [Buffer.from('a'), null, [-12, 'OK']],
  Buffer.from('x\r\ny\r\nz'),
  new Error('ERR no'),
  9_007_199_254_740_991,
  [],
  null,
  Buffer.alloc(0),
];

function readAll(bytes: Buffer, end: number): { replies: Reply[]; at: number } {
  const parser = new ReplyParser();
  const replies: Reply[] = [];
  for (let at = 0; ;) {
    const next = at < end ? parser.read(bytes, at, end) : -1;
    if (next < 0) return { replies, at };
    replies.push(parser.reply);
    at = next;
  }
}

test('replies of every kind come out as they were sent, byte strings as views', () => {
  const { replies, at } = readAll(BYTES, BYTES.length);
  expect(replies).toEqual(REPLIES);
  expect(at).toBe(BYTES.length);
  expect((replies[1] as Buffer).buffer).toBe(BYTES.buffer);
});

test('after a cut at any byte the complete replies are returned and the next one is not started', () => {
  let before = 0;
  for (let end = 0; end <= BYTES.length; end++) {
    // The bytes after it belong to an earlier answer and must not be read.
    const bytes = Buffer.concat([BYTES.subarray(0, end), Buffer.from('\r\n:1\r\n')]);
    const { replies, at } = readAll(bytes, end);
    expect(replies).toEqual(REPLIES.slice(0, replies.length));
    expect(replies.length).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(end);
    before = replies.length;
  }
  expect(before).toBe(REPLIES.length);
});

test('a list starts at its first value once its length has arrived; a null or an empty list is read at once', () => {
  const parser = new ReplyParser();
  expect([1, 2, 3].map((end) => parser.begin(BYTES, 0, end))).toEqual([-1, -1, -1]);
  expect([parser.begin(BYTES, 0, 4), parser.length]).toEqual([4, 3]);
  const bulk = BYTES.indexOf('$7');
  const [empty, none] = [BYTES.indexOf('*0'), BYTES.indexOf('*-1')];
  for (const at of [bulk, empty, none]) expect(parser.begin(BYTES, at, BYTES.length)).toBe(at);
  expect(parser.begin(BYTES, 4, 4)).toBe(-1);
});

test('bytes of another protocol are refused', () => {
  expect(() => readAll(Buffer.from('HTTP/1.1 400\r\n'), 14)).toThrow(ReplyFormatError);
});
