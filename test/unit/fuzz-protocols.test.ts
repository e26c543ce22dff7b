/**
 * Compares the parsers of what servers send with simple code on generated input: rows of COPY from PostgreSQL, and replies
 * of Redis.
 */
import fc from 'fast-check';
import { CopyFormatError, CopyOutParser } from '../../libs/bar-repository/src/rows/copy-out-parser.js';
import { COPY_HEADER, COPY_TRAILER, readRow, READ_ROW } from '../../libs/bar-repository/src/rows/row-layout.js';
import { ReplyFormatError, ReplyParser, type Reply } from '../../libs/session-data/src/redis/reply-parser.js';
import {
  bytesAfterCopy,
  COMMAND_COMPLETE,
  type CopiedBar,
  copiedRow,
  COPY_BEGINS,
  COPY_ENDS,
  copyData,
  noticeOf,
} from '../support/data/copy-messages.js';
import { anyCuts, check, cutBytes } from '../support/data/generated.js';

describe('the parser of COPY', () => {
  /** All messages of one COPY. @param hasNotice whether the server sends a notice after the header */
  const copyOf = (rows: readonly CopiedBar[], hasNotice: boolean): Buffer =>
    Buffer.concat([
      COPY_BEGINS,
      copyData(COPY_HEADER),
      ...(hasNotice ? [noticeOf(300)] : []),
      ...rows.map((row) => copyData(copiedRow(row))),
      copyData(COPY_TRAILER),
      COPY_ENDS,
      COMMAND_COMPLETE,
    ]);

  const time = fc.integer({ min: -4_000_000_000_000, max: 4_000_000_000_000 });
  const price = fc.double({ noNaN: true });
  const symbolId = fc.nat(2_147_483_647);
  const volume = price;
  const row = fc.tuple(symbolId, time, price, price, price, price, volume);
  /** -0 and 0 are the same price, and 0 is written. */
  const withoutMinusZero = (value: number) => value + 0;

  it('reads the rows that were written, wherever the bytes are cut', () => {
    check(
      fc.property(fc.array(row, { maxLength: 6 }), fc.boolean(), anyCuts, (rows, hasNotice, cuts) => {
        const found: number[][] = [];
        const parser = new CopyOutParser(READ_ROW, (view, at) => readRow(view, at, (...values) => found.push(values)));
        const parts = cutBytes(copyOf(rows, hasNotice), cuts).map((part) => Buffer.from(part));
        const bytesAfter = bytesAfterCopy(parser, parts);
        expect(found).toEqual(rows.map((values) => values.map(withoutMinusZero)));
        expect(bytesAfter).toEqual(COMMAND_COMPLETE);
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
        /** Reads the replies that are complete in the bytes before `end`. */
        const readUpTo = (end: number) => {
          while (at < end) {
            const next = parser.read(sent, at, end);
            if (next < 0) return; // the reply is not complete yet
            found.push(parser.reply);
            at = next;
          }
        };
        readUpTo(cut % sent.length);
        readUpTo(sent.length);
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
