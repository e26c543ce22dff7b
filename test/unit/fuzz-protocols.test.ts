/**
 * Compares the parsers of what servers send with simple code on generated input: rows of COPY from PostgreSQL, and replies
 * of Redis.
 */
import fc from 'fast-check';
import { CopyFormatError, CopyOutParser } from '../../libs/bar-repository/src/rows/copy-out-parser.js';
import {
  COPY_HEADER,
  COPY_TRAILER,
  readRow,
  WRITE_ROW,
  writeRow,
  READ_ROW,
} from '../../libs/bar-repository/src/rows/row-layout.js';
import { ReplyFormatError, ReplyParser, type Reply } from '../../libs/session-data/src/redis/reply-parser.js';
import { anyCuts, check, cutBytes } from '../support/data/generated.js';

describe('the parser of COPY', () => {
  /** The columns of a row. */
  type Row = [symbol: number, time: number, open: number, high: number, low: number, close: number, volume: number];

  /** A message of the Postgres protocol: its type, its length with the length field, and its body. */
  const message = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(5);
    head.write(type, 'latin1');
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const BEGIN = message('H', Buffer.from([1, 0, 0]));
  const NOTICE = message('N', Buffer.alloc(300));
  const END_OF_DATA = message('c', Buffer.alloc(0));
  const COMPLETION = message('C', Buffer.from('COPY\0'));

  /** A row as a server sends it: a written row without its first column, the dataset, and so with 7 fields instead of 8. */
  const sentRow = (values: Row): Buffer => {
    const bytes = Buffer.alloc(WRITE_ROW.bytes);
    const dataset = 1;
    writeRow(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, dataset, ...values);
    const [fieldCount, rest] = [Buffer.from([0, 7]), bytes.subarray(8)];
    return Buffer.concat([fieldCount, rest]);
  };

  /** All messages of one COPY. @param hasNotice whether the server sends a notice in the middle */
  const copyOf = (rows: readonly Row[], hasNotice: boolean): Buffer => {
    const messages = [COPY_HEADER, ...rows.map(sentRow), COPY_TRAILER].map((body) => message('d', body));
    if (hasNotice) messages.splice(1, 0, NOTICE);
    return Buffer.concat([BEGIN, ...messages, END_OF_DATA, COMPLETION]);
  };

  const time = fc.integer({ min: -4_000_000_000_000, max: 4_000_000_000_000 });
  const price = fc.double({ noNaN: true });
  const row = fc.tuple(fc.nat(2_147_483_647), time, price, price, price, price, price);

  it('reads the rows that were written, wherever the bytes are cut', () => {
    check(
      fc.property(fc.array(row, { maxLength: 6 }), fc.boolean(), anyCuts, (rows, hasNotice, cuts) => {
        const found: number[][] = [];
        const parser = new CopyOutParser(READ_ROW, (view, at) => readRow(view, at, (...values) => found.push(values)));
        // The parser returns the bytes after the COPY once it has read its end.
        let bytesAfter: Buffer | undefined;
        for (const part of cutBytes(copyOf(rows, hasNotice), cuts)) {
          bytesAfter = bytesAfter ? Buffer.concat([bytesAfter, part]) : parser.read(Buffer.from(part));
        }
        // -0 and 0 are the same price, and 0 is written.
        expect(found).toEqual(rows.map((values) => values.map((value) => value + 0)));
        expect(bytesAfter).toEqual(COMPLETION);
      }),
    );
  });

  it('waits for more bytes, or throws CopyFormatError, when the bytes are no COPY', () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new CopyOutParser(READ_ROW, () => undefined).read(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(CopyFormatError);
        }
      }),
    );
  });
});

describe('the parser of replies of Redis', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', ' ', '-', '$'), maxLength: 8 });
  const { reply } = fc.letrec<{ reply: Reply }>((tie) => ({
    reply: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.maxSafeInteger(),
      text,
      text.map((message) => new Error(message)),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.array(tie('reply'), { maxLength: 4 }),
    ),
  }));

  it('reads the replies that were sent, when some of the bytes arrive later', () => {
    check(
      fc.property(fc.array(reply, { minLength: 1, maxLength: 4 }), fc.nat(), (replies, cut) => {
        const sent = Buffer.concat(replies.map(resp));
        const parser = new ReplyParser();
        const found: Reply[] = [];
        let at = 0;
        for (const arrived of [cut % sent.length, sent.length]) {
          while (at < arrived) {
            const next = parser.read(sent, at, arrived);
            if (next < 0) break; // the reply is not complete yet
            found.push(parser.reply);
            at = next;
          }
        }
        expect(found).toEqual(replies);
        expect(at).toBe(sent.length);
      }),
    );
  });

  it('reads no byte beyond the end, or throws ReplyFormatError, when the bytes are no reply', () => {
    check(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
        try {
          expect(new ReplyParser().read(Buffer.from(bytes), 0, bytes.length)).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(ReplyFormatError);
        }
      }),
    );
  });
});

/** A reply in the bytes of RESP, the protocol of Redis. */
function resp(reply: Reply): Buffer {
  if (reply === null) return Buffer.from('$-1\r\n');
  if (reply instanceof Error) return Buffer.from(`-${reply.message}\r\n`);
  if (typeof reply === 'string') return Buffer.from(`+${reply}\r\n`);
  if (typeof reply === 'number') return Buffer.from(`:${reply}\r\n`);
  if (Buffer.isBuffer(reply)) return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from('\r\n')]);
  return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(resp)]);
}
