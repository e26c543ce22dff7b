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
} from '../../libs/bar-repository/src/rows/row-layout.js';
import { ReplyFormatError, ReplyParser, type Reply } from '../../libs/session-data/src/redis/reply-parser.js';

const SETTINGS = { seed: 20_131_016, numRuns: 300 };
const check = <T extends unknown[]>(property: fc.IProperty<T>): void => fc.assert(property, SETTINGS);

const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e308));
const anyBar = fc.record<Bar>({
  openTime: fc.oneof(fc.integer(), anyNumber),
  open: anyNumber,
  high: anyNumber,
  low: anyNumber,
  close: anyNumber,
  volume: anyNumber,
});
/** Bytes cut into parts at the given places; some parts are empty. */
const cutBytes = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to));
};
const cuts = fc.array(fc.nat(), { maxLength: 8 });

test('a bar is refused exactly when one of its values is wrong', () => {
  check(
    fc.property(anyBar, fc.constantFrom('positive' as const, 'any' as const), (bar, prices) => {
      const { openTime, open, high, low, close, volume } = bar;
      const values = [open, high, low, close, volume];
      const isValid =
        Number.isSafeInteger(openTime) &&
        values.every(Number.isFinite) &&
        volume >= 0 &&
        (prices === 'any' || Math.min(open, high, low, close) > 0 || (open === 0 && low === 0 && close > 0)) &&
        low === Math.min(open, high, low, close) &&
        high === Math.max(open, high, low, close);
      // Math.min and Math.max distinguish -0 from 0, which are the same price.
      const sameAsZero = [open, high, low, close].some((price) => Object.is(price, -0));
      if (!sameAsZero) expect(refuseBar(bar, prices) === undefined).toBe(isValid);
    }),
  );
});

test('a fed record is a bar or malformed, whatever it is, and a line is the record of its JSON', () => {
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

test('a spec of any shape is taken or refused with the fields that are wrong', () => {
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

test('a day chunk holds what a plain map of slots holds', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const write = fc.tuple(fc.nat(389), finite, finite, finite, finite, finite);
  const clear = fc.tuple(fc.nat(390), fc.nat(390));
  check(
    fc.property(fc.array(fc.oneof(write, clear), { maxLength: 60 }), (steps) => {
      const chunk = new DayChunk(390);
      const plain = new Map<number, number[]>();
      for (const step of steps) {
        if (step.length === 6) {
          const [slot, open, high, low, close, volume] = step;
          chunk.writeBar(slot, { openTime: 0, open, high, low, close, volume }, 'streamed', 2);
          plain.set(
            slot,
            [open, high, low, close, volume].map((value) => value + 0),
          );
        } else {
          const [from, to] = [Math.min(...step), Math.max(...step)];
          chunk.clear(from, to);
          for (let slot = from; slot < to; slot++) plain.delete(slot);
        }
      }
      const again = new DayChunk(390, Buffer.concat([Buffer.alloc(3), chunk.bytes]).subarray(3));
      expect(again.count()).toBe(plain.size);
      for (let slot = 0; slot < 390; slot++) {
        const at = again.firstDouble + slot * 6;
        const expected = plain.get(slot);
        if (again.has(slot) !== (expected !== undefined)) throw new Error(`slot ${slot}`);
        if (expected) expect([...again.doubles.subarray(at, at + 5)]).toEqual(expected);
      }
    }),
  );
});

test('rows of CSV are those of a plain split, wherever the bytes are cut', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '1', '.', '-', ' ', 'é'), maxLength: 6 });
  const line = fc.array(field, { minLength: 1, maxLength: 5 }).map((fields) => fields.join(','));
  const lineEnd = fc.constantFrom('\n', '\r\n');
  check(
    fc.property(fc.array(line), lineEnd, fc.boolean(), cuts, (lines, end, hasMark, places) => {
      const bytes = Buffer.from((hasMark ? '\ufeff' : '') + lines.map((text) => text + end).join(''));
      const found: { line: number; texts: string[] }[] = [];
      const splitter = new RowSplitter(',', {
        row: (row) => void found.push({ line: row.line, texts: rowTexts(row) }),
        refuse: (at, reason) => void found.push({ line: at, texts: [reason] }),
      });
      // The parser looks for the byte order mark only in the first bytes.
      const parts = [bytes.subarray(0, 3), ...cutBytes(bytes.subarray(3), places)];
      for (const part of parts) splitter.push(part);
      splitter.end();
      const plain = lines.flatMap((text, i) =>
        text === '' ? [] : [{ line: i + 1, texts: text.split(',').map((part) => part.trim()) }],
      );
      expect(found).toEqual(plain);
    }),
  );
});

test('rows of COPY are those that were written, wherever the bytes are cut; other bytes are refused or wait', () => {
  const message = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(5);
    head.write(type, 'latin1');
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const written = (values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(WRITE_ROW.bytes);
    const [symbol, time, open, high, low, close, volume] = values as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    writeRow(
      new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      0,
      7,
      symbol,
      time,
      open,
      high,
      low,
      close,
      volume,
    );
    return Buffer.concat([Buffer.from([0, 7]), bytes.subarray(8)]);
  };
  const time = fc.integer({ min: -4_000_000_000_000, max: 4_000_000_000_000 });
  const price = fc.double({ noNaN: true });
  const row = fc.tuple(fc.nat(2_147_483_647), time, price, price, price, price, price);
  check(
    fc.property(fc.array(row, { maxLength: 6 }), fc.boolean(), cuts, (rows, hasNotice, places) => {
      const bodies = [COPY_HEADER, ...rows.map(written), COPY_TRAILER].map((body) => message('d', body));
      if (hasNotice) bodies.splice(1, 0, message('N', Buffer.alloc(300)));
      const after = message('C', Buffer.from('COPY\0'));
      const bytes = Buffer.concat([
        message('H', Buffer.from([1, 0, 0])),
        ...bodies,
        message('c', Buffer.alloc(0)),
        after,
      ]);
      const found: number[][] = [];
      const parser = new CopyOutParser((view, at) => readRow(view, at, (...values) => found.push(values)));
      let rest: Buffer | undefined;
      for (const part of cutBytes(bytes, places)) {
        rest = rest ? Buffer.concat([rest, part]) : parser.read(Buffer.from(part));
      }
      // -0 and 0 are the same price, and 0 is written.
      expect(found).toEqual(rows.map((values) => values.map((value) => value + 0)));
      expect(rest).toEqual(after);
    }),
  );
  check(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        new CopyOutParser(() => undefined).read(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(CopyFormatError);
      }
    }),
  );
});

test('replies of Redis are those that were sent, wherever the bytes end; other bytes are refused or wait', () => {
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
      for (const end of [cut % sent.length, sent.length]) {
        for (let next = 0; at < end && (next = parser.read(sent, at, end)) >= 0; at = next) found.push(parser.reply);
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

/** A reply as a plain server writes it. */
function resp(reply: Reply): Buffer {
  if (reply === null) return Buffer.from('$-1\r\n');
  if (reply instanceof Error) return Buffer.from(`-${reply.message}\r\n`);
  if (typeof reply === 'string') return Buffer.from(`+${reply}\r\n`);
  if (typeof reply === 'number') return Buffer.from(`:${reply}\r\n`);
  if (Buffer.isBuffer(reply)) return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from('\r\n')]);
  return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(resp)]);
}
