import { IdError, windowSql } from './read-window.js';

/** The first minute of 1970. */
const ranges = [{ from: 0, to: 60_000 }];

test('a query is one COPY with one SELECT for each range', () => {
  const sql = windowSql({ datasetId: 1, symbolIds: [2, 3], ranges: [...ranges, { from: 120_000, to: 180_000 }] });
  expect(sql).toMatch(/^COPY \(SELECT .* UNION ALL SELECT .*\) TO STDOUT \(FORMAT binary\)$/);
  expect(sql).toContain(`"time" >= '1970-01-01T00:02:00.000Z'::timestamptz AND "time" < '1970-01-01T00:03:00.000Z'`);
});

test('a query without symbols or ranges needs no COPY', () => {
  expect(windowSql({ datasetId: 1, symbolIds: [], ranges })).toBeUndefined();
  expect(windowSql({ datasetId: 1, symbolIds: [2], ranges: [] })).toBeUndefined();
});

test('an id that is not a whole number never becomes part of the COPY', () => {
  for (const id of [1.5, Number.NaN, Infinity, JSON.parse('"1); DROP TABLE bars"')]) {
    expect(() => windowSql({ datasetId: 1, symbolIds: [id], ranges })).toThrow(IdError);
    expect(() => windowSql({ datasetId: id, symbolIds: [1], ranges })).toThrow(IdError);
  }
});
