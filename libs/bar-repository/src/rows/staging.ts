/**
 * Rows that may exist already, on their way into `bars`: they wait in a temporary table and are told apart there.
 * The first row of a key wins; an equal one is a duplicate, another one is conflicting and goes to `quarantined_bars`.
 */
import type { PoolClient } from 'pg';

/** Rows of an import by what became of them. */
export interface ImportCounts {
  /** New rows. */
  accepted: number;
  /** The key was there with the same values. */
  duplicate: number;
  /** The key was there with other values: the stored row stays, this one is in `quarantined_bars`. */
  conflicting: number;
}

export const STAGING_TABLE = 'barkeep_staged_bars';

/** Makes the staging table, which ends with the transaction. */
export async function createStaging(client: PoolClient): Promise<void> {
  await client.query(
    `CREATE TEMPORARY TABLE ${STAGING_TABLE} (LIKE bars) ON COMMIT DROP;
     ALTER TABLE ${STAGING_TABLE} SET (autovacuum_enabled = off)`,
  );
}

/** Moves the staged rows into `bars` and says what they were. */
export async function mergeStaged(client: PoolClient, dataset: string): Promise<ImportCounts> {
  await client.query(`ANALYZE ${STAGING_TABLE}`);
  const inserted = await client.query(INSERT_NEW);
  const result = await client.query<{ staged: number; conflicting: number }>(QUARANTINE_CONFLICTS, [dataset]);
  const { staged, conflicting } = result.rows[0] ?? { staged: 0, conflicting: 0 };
  const accepted = inserted.rowCount ?? 0;
  return { accepted, conflicting, duplicate: staged - conflicting - accepted };
}

/** Rows are staged in the order in which they came, so the lowest ctid of a key is the first. */
const INSERT_NEW = `
  INSERT INTO bars (symbol_id, dataset_id, "time", open, high, low, close, volume)
  SELECT DISTINCT ON (dataset_id, symbol_id, "time") symbol_id, dataset_id, "time", open, high, low, close, volume
  FROM ${STAGING_TABLE} staged
  WHERE NOT EXISTS (
    SELECT FROM bars b WHERE b.dataset_id = staged.dataset_id AND b.symbol_id = staged.symbol_id AND b."time" = staged."time")
  ORDER BY dataset_id, symbol_id, "time", staged.ctid
  ON CONFLICT DO NOTHING`;

const QUARANTINE_CONFLICTS = `
  WITH conflicting AS MATERIALIZED (
    SELECT staged.* FROM ${STAGING_TABLE} staged
    JOIN bars b ON b.dataset_id = staged.dataset_id AND b.symbol_id = staged.symbol_id AND b."time" = staged."time"
    WHERE (b.open, b.high, b.low, b.close, b.volume)
      IS DISTINCT FROM (staged.open, staged.high, staged.low, staged.close, staged.volume)
  ), written AS (
    INSERT INTO quarantined_bars (dataset, symbol, "time", open, high, low, close, volume, reason)
    SELECT $1, s.name, c."time", c.open, c.high, c.low, c.close, c.volume, 'conflict'
    FROM conflicting c JOIN symbols s ON s.id = c.symbol_id
    ON CONFLICT DO NOTHING
  )
  SELECT (SELECT count(*) FROM ${STAGING_TABLE})::int AS staged, (SELECT count(*) FROM conflicting)::int AS conflicting`;
