import { IdError, readSpans, windowSql } from './read-window.js';
import { TimeRangeError } from './stored-ranges.js';

/** The first minute of 1970. */
const firstMinute = { from: 0, to: 60_000 };

test('a query is one COPY with one SELECT for each range', () => {
  const thirdMinute = { from: 120_000, to: 180_000 };
  const sql = windowSql({ datasetId: 1, symbolIds: [2, 3], ranges: [firstMinute, thirdMinute] });
  expect(sql).toMatch(/^COPY \(SELECT .* UNION ALL SELECT .*\) TO STDOUT \(FORMAT binary\)$/);
  expect(sql).toContain(`"time" >= '1970-01-01T00:02:00.000Z'::timestamptz AND "time" < '1970-01-01T00:03:00.000Z'`);
});

test('a query without symbols or ranges needs no COPY', () => {
  expect(windowSql({ datasetId: 1, symbolIds: [], ranges: [firstMinute] })).toBeUndefined();
  expect(windowSql({ datasetId: 1, symbolIds: [2], ranges: [] })).toBeUndefined();
});

test('an id that is not a whole number never becomes part of the COPY', () => {
  for (const id of [1.5, Number.NaN, Infinity, JSON.parse('"1); DROP TABLE bars"')]) {
    expect(() => windowSql({ datasetId: 1, symbolIds: [id], ranges: [firstMinute] })).toThrow(IdError);
    expect(() => windowSql({ datasetId: id, symbolIds: [1], ranges: [firstMinute] })).toThrow(IdError);
  }
});

test('a span whose start or end is not a whole number of milliseconds throws TimeRangeError', async () => {
  const unusedClient = {} as Parameters<typeof readSpans>[0];
  for (const times of [
    { from: 0.5, to: 60_000 },
    { from: 0, to: Number.NaN },
  ]) {
    const query = { datasetId: 1, spans: [{ symbolId: 2, ...times }] };
    await expect(readSpans(unusedClient, query, () => undefined)).rejects.toThrow(TimeRangeError);
  }
});
