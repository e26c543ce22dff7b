/**
 * Compares every parser with simple code on generated input: bars, CSV rows, NDJSON, specs, day chunks, rows of COPY,
 * replies of Redis. The seed is fixed, so a failure repeats.
 */
import fc from 'fast-check';
import { DayChunk, parseSessionSpec, refuseBar, type Bar, SessionSpecError } from '@barkeep/bars';
import { RowSplitter, rowTexts } from '../../apps/cli/src/import/rows/index.js';
import { recordOf, recordOfLine } from '../../apps/coordinator/src/lifecycle/feed-intake.js';
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

const SETTINGS = { seed: 20_131_016, numRuns: 300 };
const check = <T extends unknown[]>(property: fc.IProperty<T>): void => fc.assert(property, SETTINGS);

/** Slots of a regular day of one-minute bars. */
const SLOTS = 390;
const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e308));
const anyBar = fc.record<Bar>({
  openTime: fc.oneof(fc.integer(), anyNumber),
  open: anyNumber,
  high: anyNumber,
  low: anyNumber,
  close: anyNumber,
  volume: anyNumber,
});
/** Numbers that {@link cutBytes} turns into places within the bytes. */
const anyCuts = fc.array(fc.nat(), { maxLength: 8 });
/** Bytes cut into parts; some parts are empty. */
const cutBytes = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to));
};

/** The columns of a row of COPY. */
type Row = [symbol: number, time: number, open: number, high: number, low: number, close: number, volume: number];

test('a bar is refused exactly when one of its values is wrong', () => {
  check(
    fc.property(anyBar, fc.constantFrom('positive' as const, 'any' as const), (bar, prices) => {
      const { openTime, open, high, low, close, volume } = bar;
      const values = [open, high, low, close, volume];
      // A bar may open at 0 and rise, as the first bar of a spread does.
      const arePricesAllowed =
        prices === 'any' || Math.min(open, high, low, close) > 0 || (open === 0 && low === 0 && close > 0);
      const isValid =
        Number.isSafeInteger(openTime) &&
        values.every(Number.isFinite) &&
        volume >= 0 &&
        arePricesAllowed &&
        low === Math.min(open, high, low, close) &&
        high === Math.max(open, high, low, close);
      // Math.min and Math.max distinguish -0 from 0, which are the same price.
      const hasMinusZero = [open, high, low, close].some((price) => Object.is(price, -0));
      if (!hasMinusZero) expect(refuseBar(bar, prices) === undefined).toBe(isValid);
    }),
  );
});

test('a fed bar of 30 February is malformed, and not one of 1 March', () => {
  const bar = { open: 1, high: 1, low: 1, close: 1, volume: 1 };
  const detail = expect.stringContaining('was "2024-02-30T14:30:00Z"') as string;
  expect(recordOf({ ...bar, time: '2024-02-30T14:30:00Z' }, { index: 0 })).toMatchObject({ malformed: detail });
  expect(recordOf({ ...bar, time: '2024-02-29T14:30:00Z' }, { index: 0 })).toMatchObject({
    bar: { ...bar, openTime: Date.UTC(2024, 1, 29, 14, 30) },
  });
});

test('a fed value becomes a bar or a malformed record, and a line of NDJSON becomes the record of its JSON', () => {
  check(
    fc.property(fc.oneof(fc.jsonValue(), anyBar), (value) => {
      const record = recordOf(value, { index: 3 });
      expect('bar' in record !== 'malformed' in record).toBe(true);
      if ('bar' in record) expect(Object.values(record.bar).every((field) => typeof field === 'number')).toBe(true);
      const text = JSON.stringify(value);
      expect(recordOfLine(text, { index: 3 })).toEqual(recordOf(JSON.parse(text), { index: 3 }));
    }),
  );
  check(
    fc.property(fc.string(), (line) =>
      expect(recordOfLine(line, { index: 0, line: 1 })).toMatchObject({ index: 0, line: 1 }),
    ),
  );
});

test('a spec of any shape is accepted, or refused with problems that name what was expected', () => {
  const likeSpec = fc.record(
    {
      id: fc.oneof(fc.string(), fc.jsonValue()),
      symbols: fc.oneof(fc.constant(['AAA']), fc.array(fc.string()), fc.jsonValue()),
      start: fc.oneof(fc.constant('2013-10-01'), fc.string(), fc.jsonValue()),
      end: fc.oneof(fc.constant('2013-10-16'), fc.string(), fc.jsonValue()),
      source: fc.oneof(fc.constant({ type: 'dataset', dataset: 'one' }), fc.jsonValue()),
      pace: fc.oneof(fc.constant({ mode: 'max' }), fc.jsonValue()),
      upkeep: fc.jsonValue(),
      derivedIntervals: fc.oneof(fc.constant(['5m']), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  check(
    fc.property(fc.oneof(likeSpec, fc.jsonValue()), (input) => {
      try {
        const spec = parseSessionSpec(input);
        // Parsing a parsed spec again gives the same spec.
        expect(parseSessionSpec(structuredClone(spec))).toEqual(spec);
      } catch (error) {
        expect(error).toBeInstanceOf(SessionSpecError);
        for (const problem of (error as SessionSpecError).problems) expect(problem.expected).not.toBe('');
      }
    }),
  );
});

test('a day chunk holds the same bars as a plain map of slots', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  // A write is a slot and the five values of a bar; a clear is the two ends of a range of slots.
  const write = fc.tuple(fc.nat(SLOTS - 1), finite, finite, finite, finite, finite);
  const clear = fc.tuple(fc.nat(SLOTS), fc.nat(SLOTS));
  check(
    fc.property(fc.array(fc.oneof(write, clear), { maxLength: 60 }), (operations) => {
      const chunk = new DayChunk(SLOTS);
      const plain = new Map<number, number[]>();
      for (const operation of operations) {
        if (operation.length === 6) {
          const [slot, open, high, low, close, volume] = operation;
          chunk.writeBar(slot, { openTime: 0, open, high, low, close, volume }, 'streamed', 2);
          // `+ 0` turns -0 into 0, as the chunk does.
          const stored = [open, high, low, close, volume].map((value) => value + 0);
          plain.set(slot, stored);
        } else {
          const [from, to] = [Math.min(...operation), Math.max(...operation)];
          chunk.clear(from, to);
          for (let slot = from; slot < to; slot++) plain.delete(slot);
        }
      }
      // Reads the bytes from an offset that is no multiple of eight, as a reply of Redis may have.
      const reread = new DayChunk(SLOTS, Buffer.concat([Buffer.alloc(3), chunk.bytes]).subarray(3));
      expect(reread.count()).toBe(plain.size);
      for (let slot = 0; slot < SLOTS; slot++) {
        // A record has six doubles: five values and the meta bytes.
        const at = reread.firstDouble + slot * 6;
        const expected = plain.get(slot);
        if (reread.has(slot) !== (expected !== undefined)) throw new Error(`slot ${slot}`);
        if (expected) expect([...reread.doubles.subarray(at, at + 5)]).toEqual(expected);
      }
    }),
  );
});

test('rows of CSV are those of a plain split, wherever the bytes are cut', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '1', '.', '-', ' ', 'é'), maxLength: 6 });
  const line = fc.array(field, { minLength: 1, maxLength: 5 }).map((fields) => fields.join(','));
  const lineEnd = fc.constantFrom('\n', '\r\n');
  check(
    fc.property(fc.array(line), lineEnd, fc.boolean(), anyCuts, (lines, end, hasMark, cuts) => {
      const bytes = Buffer.from((hasMark ? '\ufeff' : '') + lines.map((text) => text + end).join(''));
      const found: { line: number; texts: string[] }[] = [];
      const splitter = new RowSplitter(',', {
        row: (row) => void found.push({ line: row.line, texts: rowTexts(row) }),
        refuse: (at, reason) => void found.push({ line: at, texts: [reason] }),
      });
      // The parser looks for the byte order mark only in the first bytes.
      const parts = [bytes.subarray(0, 3), ...cutBytes(bytes.subarray(3), cuts)];
      for (const part of parts) splitter.push(part);
      splitter.end();
      const plain = lines.flatMap((text, i) =>
        text === '' ? [] : [{ line: i + 1, texts: text.split(',').map((part) => part.trim()) }],
      );
      expect(found).toEqual(plain);
    }),
  );
});

test('rows of COPY are those that were written, wherever the bytes are cut; other bytes are refused or need more', () => {
  /** A message of the Postgres protocol: its type, its length with the length field, and its body. */
  const message = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(5);
    head.write(type, 'latin1');
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  /** A row as a server sends it: a written row without its first column, the dataset, and so with 7 fields instead of 8. */
  const sentRow = (values: Row): Buffer => {
    const bytes = Buffer.alloc(WRITE_ROW.bytes);
    const dataset = 1;
    writeRow(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, dataset, ...values);
    const [fieldCount, rest] = [Buffer.from([0, 7]), bytes.subarray(8)];
    return Buffer.concat([fieldCount, rest]);
  };
  const time = fc.integer({ min: -4_000_000_000_000, max: 4_000_000_000_000 });
  const price = fc.double({ noNaN: true });
  const row = fc.tuple(fc.nat(2_147_483_647), time, price, price, price, price, price);
  check(
    fc.property(fc.array(row, { maxLength: 6 }), fc.boolean(), anyCuts, (rows, hasNotice, cuts) => {
      // The types of the messages: H begins a COPY, d has data, N is a notice, c ends the data, C completes the command.
      const messages = [COPY_HEADER, ...rows.map(sentRow), COPY_TRAILER].map((body) => message('d', body));
      if (hasNotice) messages.splice(1, 0, message('N', Buffer.alloc(300)));
      const completion = message('C', Buffer.from('COPY\0'));
      const bytes = Buffer.concat([
        message('H', Buffer.from([1, 0, 0])),
        ...messages,
        message('c', Buffer.alloc(0)),
        completion,
      ]);
      const found: number[][] = [];
      const parser = new CopyOutParser(READ_ROW, (view, at) => readRow(view, at, (...values) => found.push(values)));
      // The parser returns the bytes after the COPY once it has read its end.
      let bytesAfter: Buffer | undefined;
      for (const part of cutBytes(bytes, cuts)) {
        bytesAfter = bytesAfter ? Buffer.concat([bytesAfter, part]) : parser.read(Buffer.from(part));
      }
      // -0 and 0 are the same price, and 0 is written.
      expect(found).toEqual(rows.map((values) => values.map((value) => value + 0)));
      expect(bytesAfter).toEqual(completion);
    }),
  );
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

test('replies of Redis are those that were sent, wherever the bytes end; other bytes are refused or need more', () => {
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
  check(
    fc.property(fc.array(reply, { minLength: 1, maxLength: 4 }), fc.nat(), (replies, cut) => {
      const sent = Buffer.concat(replies.map(resp));
      const parser = new ReplyParser();
      const found: Reply[] = [];
      let at = 0;
      // First only some of the bytes have arrived, then all.
      for (const end of [cut % sent.length, sent.length]) {
        while (at < end) {
          const next = parser.read(sent, at, end);
          if (next < 0) break; // the reply is not complete yet
          found.push(parser.reply);
          at = next;
        }
      }
      expect(found).toEqual(replies);
      expect(at).toBe(sent.length);
    }),
  );
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

/** A reply in the bytes of RESP, the protocol of Redis. */
function resp(reply: Reply): Buffer {
  if (reply === null) return Buffer.from('$-1\r\n');
  if (reply instanceof Error) return Buffer.from(`-${reply.message}\r\n`);
  if (typeof reply === 'string') return Buffer.from(`+${reply}\r\n`);
  if (typeof reply === 'number') return Buffer.from(`:${reply}\r\n`);
  if (Buffer.isBuffer(reply)) return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from('\r\n')]);
  return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(resp)]);
}
