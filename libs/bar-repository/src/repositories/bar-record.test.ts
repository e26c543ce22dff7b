import { addRecords } from './bar-record.js';
import { emptyAnswer } from './bar-source.js';

const TIME = Date.UTC(2024, 0, 2, 14, 30);
const range = { from: TIME, to: TIME + 600_000 };
const values = { open: 1, high: 3, low: 0.5, close: 2, volume: 10 };

/** The bar in a record, or the reason for refusing it. */
function barOfRecord(record: unknown, symbol: string, query: typeof range): unknown {
  const answer = emptyAnswer();
  addRecords(answer, symbol, [record], query);
  return answer.refused[0]?.reason ?? answer.bars.get(symbol)![0];
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
  expect(barOfRecord({ ...values, ...time }, 'SPY', range)).toEqual({ openTime: TIME, ...values });
});

test('numbers may be strings, as pg returns numeric, and unknown fields are ignored', () => {
  const record = { symbol: 'SPY', time: TIME, open: '1', high: '3.0', low: '.5', close: '2', volume: '10', vwap: null };
  expect(barOfRecord(record, 'SPY', range)).toEqual({ openTime: TIME, ...values });
});

test.each([
  ['no object', 'bar'],
  ['null', null],
  ['an array', [TIME, 1, 2, 3, 4, 5]],
  ['without a time', { ...values }],
  ['with a time without a zone', { ...values, time: '2024-01-02T14:30:00' }],
  ['with words for a time', { ...values, time: 'yesterday' }],
  ['with an invalid Date', { ...values, time: new Date(Number.NaN) }],
  ['without a close', { ...values, close: undefined, time: TIME }],
  ['with an empty string for a price', { ...values, close: ' ', time: TIME }],
  ['with words for a price', { ...values, close: 'n/a', time: TIME }],
  ['of another symbol', { ...values, symbol: 'IBM', time: TIME }],
  ['with null for its symbol', { ...values, symbol: null, time: TIME }],
  ['before the range', { ...values, time: TIME - 1 }],
  ['at the end of the range, which is exclusive', { ...values, time: TIME + 600_000 }],
])('I7 a record %s is malformed', (_what, record) => {
  expect(barOfRecord(record, 'SPY', range)).toBe('malformed');
});

test('I7 a record of 30 February is malformed, and not one of 1 March', () => {
  const march1 = { from: Date.UTC(2024, 2, 1), to: Date.UTC(2024, 2, 2) };
  expect(barOfRecord({ ...values, time: '2024-02-30T14:30:00Z' }, 'SPY', march1)).toBe('malformed');
  expect(barOfRecord({ ...values, time: '2024-02-30' }, 'SPY', march1)).toBe('malformed');
  expect(barOfRecord({ ...values, time: '2024-03-01T14:30:00Z' }, 'SPY', march1)).toMatchObject(values);
});

test('I7 values that cannot be right are refused with their reason', () => {
  expect(barOfRecord({ ...values, time: TIME, high: 0.4 }, 'SPY', range)).toBe('high-below-low');
  expect(barOfRecord({ ...values, time: TIME, volume: Number.NaN }, 'SPY', range)).toBe('not-finite');
  expect(barOfRecord({ ...values, time: TIME, open: 'NaN' }, 'SPY', range)).toBe('not-finite');
  expect(barOfRecord({ ...values, time: TIME + 0.5 }, 'SPY', range)).toBe('not-finite');
});

test('I7 valid records are kept oldest first, refused ones are listed, and of two with one time the first is kept', () => {
  const answer = emptyAnswer();
  const later = { ...values, time: TIME + 60_000 };
  const conflicting = { ...later, close: 1 };
  addRecords(answer, 'SPY', [later, { ...values, time: TIME }, 7, later, conflicting], range);
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
  const throwing = {
    ...values,
    get time(): number {
      throw new Error('detached');
    },
  };
  const circular = Object.assign(Object.create(null), { self: {}, volume: 1n }) as { self: unknown };
  circular.self = circular;
  addRecords(answer, 'SPY', [throwing, circular, { ...values, time: TIME }], range);
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
  const record = Object.assign(new Row(), {
    openTime: null,
    time: BigInt(TIME),
    open: 1,
    high: 3,
    low: 0.5,
    volume: 10,
  });
  expect(barOfRecord(record, 'SPY', range)).toEqual({ openTime: TIME, ...values });
});

test('I7 a refused bar is the same in two answers when only unknown fields of its record differ', () => {
  const refused = [1, 2].map((requestId) => {
    const answer = emptyAnswer();
    addRecords(answer, 'SPY', [{ ...values, time: TIME, high: 0.4, requestId }], range);
    return answer.refused;
  });
  expect(refused[0]).toEqual(refused[1]);
  expect(refused[0]).toMatchObject([{ reason: 'high-below-low', raw: expect.not.stringContaining('requestId') }]);
});

test.each([
  ['seconds', TIME / 1_000],
  ['microseconds', TIME * 1_000],
  ['nanoseconds', TIME * 1_000_000],
])('I7 a time in %s is refused by that name', (unit, time) => {
  expect(barOfRecord({ ...values, time }, 'SPY', range)).toBe(`time-in-${unit}`);
  expect(barOfRecord({ ...values, time: String(time) }, 'SPY', range)).toBe(`time-in-${unit}`);
});
