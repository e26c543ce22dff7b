/**
 * Compares the parsers of what users send with simple code on generated input: bars, NDJSON, specs and CSV rows.
 * fuzz-protocols.test.ts does the same for the parsers of what servers send.
 */
import fc from 'fast-check';
import { parseSessionSpec, refuseBar, type Bar, SessionSpecError } from '@barkeep/bars';
import { RowSplitter, rowTexts } from '../../apps/cli/src/import/rows/index.js';
import { recordOf, recordOfLine } from '../../apps/coordinator/src/lifecycle/fed-records.js';
import { anyCuts, check, cutBytes } from '../support/data/generated.js';

const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e308));
const anyBar = fc.record<Bar>({
  openTime: fc.oneof(fc.integer(), anyNumber),
  open: anyNumber,
  high: anyNumber,
  low: anyNumber,
  close: anyNumber,
  volume: anyNumber,
});

test('a bar is refused exactly when one of its values is wrong', () => {
  check(
    fc.property(anyBar, fc.constantFrom('positive' as const, 'any' as const), (bar, prices) => {
      const { openTime, open, high, low, close, volume } = bar;
      const fourPrices = [open, high, low, close];
      // Math.min and Math.max distinguish -0 from 0, which are the same price.
      if (fourPrices.some((price) => Object.is(price, -0))) return;
      const [lowest, highest] = [Math.min(...fourPrices), Math.max(...fourPrices)];
      // A bar may open at 0 and rise, as the first bar of a spread does.
      const rises = open === 0 && low === 0 && close > 0;
      const isValid =
        Number.isSafeInteger(openTime) &&
        [...fourPrices, volume].every(Number.isFinite) &&
        volume >= 0 &&
        (prices === 'any' || lowest > 0 || rises) &&
        low === lowest &&
        high === highest;
      expect(refuseBar(bar, prices) === undefined).toBe(isValid);
    }),
  );
});

test('a fed bar of 30 February is malformed and not one of 1 March, and 29 February of a leap year is a date', () => {
  const bar = { open: 1, high: 1, low: 1, close: 1, volume: 1 };
  const detail = expect.stringContaining('was "2024-02-30T14:30:00Z"') as string;
  expect(recordOf({ ...bar, time: '2024-02-30T14:30:00Z' }, { index: 0 })).toMatchObject({ malformed: detail });
  expect(recordOf({ ...bar, time: '2024-02-29T14:30:00Z' }, { index: 0 })).toMatchObject({
    bar: { ...bar, openTime: Date.UTC(2024, 1, 29, 14, 30) },
  });
});

test('a fed value becomes a bar or a malformed record, and the same record when it comes as a line of NDJSON', () => {
  check(
    fc.property(fc.oneof(fc.jsonValue(), anyBar), (value) => {
      const record = recordOf(value, { index: 3 });
      expect('bar' in record !== 'malformed' in record).toBe(true);
      if ('bar' in record) expect(Object.values(record.bar).every((field) => typeof field === 'number')).toBe(true);
      const text = JSON.stringify(value);
      expect(recordOfLine(text, { index: 3 })).toEqual(recordOf(JSON.parse(text), { index: 3 }));
    }),
  );
});

test('a line of any text becomes a record with its index and its line number', () => {
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
      // The first three bytes are never cut, because the parser looks for the byte order mark only in its first input.
      const parts = [bytes.subarray(0, 3), ...cutBytes(bytes.subarray(3), cuts)];
      for (const part of parts) splitter.push(part);
      splitter.end();
      const plain = lines.map((text, i) => ({ line: i + 1, texts: text.split(',').map((part) => part.trim()) }));
      expect(found).toEqual(plain.filter((_, i) => lines[i] !== '')); // an empty line is no row
    }),
  );
});
