/** Counts the rows of a dataset by symbol and trading day, in one query. */
import type { TradingDay } from '@barkeep/bars';
import type { DataSource } from 'typeorm';

/**
 * @returns for each symbol number its rows on each of the days, in the order of `days`; a row in no segment is not counted
 */
export async function rowsByDay(
  dataSource: DataSource,
  datasetId: number,
  symbolIds: readonly number[],
  days: readonly TradingDay[],
): Promise<Map<number, number[]>> {
  const counts = new Map(symbolIds.map((id) => [id, days.map(() => 0)]));
  const segments = days.flatMap((day, index) => day.segments.map(({ open, close }) => ({ index, open, close })));
  const rows = await dataSource.query<{ day: number; symbolId: number; rows: string }[]>(
    `SELECT s.day, found.symbol_id AS "symbolId", sum(found.rows) AS rows
     FROM unnest($3::int[], $4::float8[], $5::float8[]) AS s(day, opens, closes)
     CROSS JOIN LATERAL (SELECT symbol_id, count(*) AS rows FROM bars
       WHERE dataset_id = $1 AND symbol_id = ANY($2::int4[]) AND "time" >= to_timestamp(s.opens) AND "time" < to_timestamp(s.closes)
       GROUP BY symbol_id) AS found
     GROUP BY s.day, found.symbol_id`,
    [
      datasetId,
      symbolIds,
      segments.map(({ index }) => index),
      segments.map(({ open }) => open / 1000),
      segments.map(({ close }) => close / 1000),
    ],
  );
  for (const { day, symbolId, rows: found } of rows) counts.get(symbolId)![day] = Number(found);
  return counts;
}
