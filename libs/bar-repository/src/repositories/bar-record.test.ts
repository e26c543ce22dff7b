/** I7 is an invariant of docs/ARCHITECTURE.md. */
import { addRecords } from './bar-record.js';
import { emptyAnswer } from './bar-source.js';

const TIME = Date.UTC(2024, 0, 2, 14, 30);
/** The times that are requested. */
const RANGE = { from: TIME, to: TIME + 600_000 };
const values = { open: 1, high: 3, low: 0.5, close: 2, volume: 10 };

/** The bar of SPY in a record, or the reason for refusing it. */
function barOrReason(record: unknown, range = RANGE): unknown {
  const answer = emptyAnswer();
  addRecords(answer, 'SPY', [record], range);
  return answer.refused[0]?.reason ?? answer.bars.get('SPY')![0];
}

test.each([
  ['a Date', { time: new Date(TIME) }],
  ['epoch ms', { openTime: TIME }],
  ['epoch ms as a string, as pg returns bigint', { timestamp: String(TIME) }],
  ['ISO with Z', { timestamp: '2024-01-02T14:30:00Z' }],
  ['ISO with an offset', { time: '2024-01-02T09:30:00.000-05:00' }],
  ['a text as Postgres prints it', { time: '2024-01-02 14:30:00+00' }],
  ['a text whose offset has no colon', { time: '2024-01-02 16:00:00+0130' }],
])('a time may be %s', (_form, time) => {
  expect(barOrReason({ ...values, ...time })).toEqual({ openTime: TIME, ...values });
});

test('numbers may be strings, as pg returns numeric, and unknown fields are ignored', () => {
  const record = { symbol: 'SPY', time: TIME, open: '1', high: '3.0', low: '.5', close: '2', volume: '10', vwap: null };
  expect(barOrReason(record)).toEqual({ openTime: TIME, ...values });
});

test.each([
  ['that is a string', 'bar'],
  ['that is null', null],
  ['that is an array', [TIME, 1, 2, 3, 4, 5]],
  ['without a time', { ...values }],
  ['with a time without a zone', { ...values, time: '2024-01-02T14:30:00' }],
  ['with words for a time', { ...values, time: 'yesterday' }],
  ['with an invalid Date', { ...values, time: new Date(Number.NaN) }],
  ['without a close', { ...values, close: undefined, time: TIME }],
  ['with an empty string for a price', { ...values, close: ' ', time: TIME }],
  ['with words for a price', { ...values, close: 'n/a', time: TIME }],
  ['of another symbol', { ...values, symbol: 'IBM', time: TIME }],
  ['with null for its symbol', { ...values, symbol: null, time: TIME }],
  ['before the range', { ...values, time: RANGE.from - 1 }],
  ['at the end of the range, which is exclusive', { ...values, time: RANGE.to }],
])('I7 a record %s is malformed', (_what, record) => {
  expect(barOrReason(record)).toBe('malformed');
});

test('I7 a record of 30 February is malformed, and not one of 1 March', () => {
  const march1 = { from: Date.UTC(2024, 2, 1), to: Date.UTC(2024, 2, 2) };
  expect(barOrReason({ ...values, time: '2024-02-30T14:30:00Z' }, march1)).toBe('malformed');
  expect(barOrReason({ ...values, time: '2024-02-30' }, march1)).toBe('malformed');
  expect(barOrReason({ ...values, time: '2024-03-01T14:30:00Z' }, march1)).toMatchObject(values);
});

test('I7 values that cannot be right are refused with their reason', () => {
  expect(barOrReason({ ...values, time: TIME, high: 0.4 })).toBe('high-below-low');
  expect(barOrReason({ ...values, time: TIME, volume: Number.NaN })).toBe('not-finite');
  expect(barOrReason({ ...values, time: TIME, open: 'NaN' })).toBe('not-finite');
  expect(barOrReason({ ...values, time: TIME + 0.5 })).toBe('not-finite');
});

test('I7 valid records are kept oldest first, refused ones are listed, and of several with one time the first is kept', () => {
  const answer = emptyAnswer();
  const later = { ...values, time: TIME + 60_000 };
  const conflicting = { ...later, close: 1 };
  const earlier = { ...values, time: TIME };
  const malformed = 7;
  addRecords(answer, 'SPY', [later, earlier, malformed, later, conflicting], RANGE);
  expect(answer.bars.get('SPY')?.map((bar) => [bar.openTime, bar.close])).toEqual([
    [TIME, 2],
    [TIME + 60_000, 2],
  ]);
  expect(answer.refused).toMatchObject([
    { symbol: 'SPY', reason: 'malformed', time: null, raw: '7' },
    { symbol: 'SPY', reason: 'conflict', time: TIME + 60_000, close: 1, raw: expect.stringContaining('"close":1') },
  ]);
});

test('I7 a record that cannot be read or shown is refused, and does not affect other records', () => {
  const answer = emptyAnswer();
  const throwsWhenRead = {
    ...values,
    get time(): number {
      throw new Error('detached');
    },
  };
  // JSON shows neither what is circular nor a BigInt.
  const unshowable = Object.assign(Object.create(null), { self: {}, volume: 1n }) as { self: unknown };
  unshowable.self = unshowable;
  addRecords(answer, 'SPY', [throwsWhenRead, unshowable, { ...values, time: TIME }], RANGE);
  expect(answer.bars.get('SPY')).toHaveLength(1);
  expect(answer.refused.map(({ reason, raw }) => [reason, raw])).toEqual([
    ['malformed', 'object'],
    ['malformed', 'object'],
  ]);
});

test('a record may have fields in a prototype, as models of an ORM do, a BigInt for its time, and null in the other time fields', () => {
  class Row {
    get close(): number {
      return values.close;
    }
  }
  const { close: _inPrototype, ...ownValues } = values;
  const record = Object.assign(new Row(), { openTime: null, time: BigInt(TIME), ...ownValues });
  expect(barOrReason(record)).toEqual({ openTime: TIME, ...values });
});

test('I7 a refused bar is the same in two answers when only unknown fields of its record differ', () => {
  const [first, second] = [1, 2].map((requestId) => {
    const answer = emptyAnswer();
    addRecords(answer, 'SPY', [{ ...values, time: TIME, high: 0.4, requestId }], RANGE);
    return answer.refused;
  });
  expect(second).toEqual(first);
  expect(first).toMatchObject([{ reason: 'high-below-low', raw: expect.not.stringContaining('requestId') }]);
});

test.each([
  ['seconds', TIME / 1_000],
  ['microseconds', TIME * 1_000],
  ['nanoseconds', TIME * 1_000_000],
])('I7 a time in %s is refused by that name', (unit, time) => {
  expect(barOrReason({ ...values, time })).toBe(`time-in-${unit}`);
  expect(barOrReason({ ...values, time: String(time) })).toBe(`time-in-${unit}`);
});
