/**
 * The staging table of an import, for rows whose keys (dataset, symbol, time) may already be in `bars`. The first row of a key is kept.
 * A later row with equal values is a duplicate; one with other values is conflicting and goes to `quarantined_bars`.
 */
import type { PoolClient } from 'pg';

/** Rows of an import by outcome. */
export interface ImportCounts {
  /** New rows. */
  accepted: number;
  /** Rows whose key was already in `bars`, or came earlier in the import, with the same values. */
  duplicate: number;
  /** Rows with such a key and other values. The earlier row stays, and the new one is in `quarantined_bars`. */
  conflicting: number;
}

/** A temporary table with the columns of `bars`. */
export const STAGING_TABLE = 'barkeep_staged_bars';

/** Creates the staging table, which is dropped at the end of the transaction. */
export async function createStaging(client: PoolClient): Promise<void> {
  await client.query(
    `CREATE TEMPORARY TABLE ${STAGING_TABLE} (LIKE bars) ON COMMIT DROP;
     ALTER TABLE ${STAGING_TABLE} SET (autovacuum_enabled = off)`,
  );
}

/** Moves the staged rows into `bars` and counts them by outcome. */
export async function mergeStaged(client: PoolClient, dataset: string): Promise<ImportCounts> {
  await client.query(`ANALYZE ${STAGING_TABLE}`);
  const inserted = await client.query(INSERT_NEW);
  const result = await client.query<{ staged: number; conflicting: number }>(QUARANTINE_CONFLICTS, [dataset]);
  const { staged, conflicting } = result.rows[0] ?? { staged: 0, conflicting: 0 };
  const accepted = inserted.rowCount ?? 0;
  return { accepted, conflicting, duplicate: staged - conflicting - accepted };
}

/**
 * Rows are staged in order of arrival, so the lowest ctid of a key is its first row. `ON CONFLICT` is for a key that another program
 * inserts without the lock of imports (./bar-importer.ts) while this statement runs.
 */
const INSERT_NEW = `
  INSERT INTO bars (symbol_id, dataset_id, "time", open, high, low, close, volume)
  SELECT DISTINCT ON (dataset_id, symbol_id, "time") symbol_id, dataset_id, "time", open, high, low, close, volume
  FROM ${STAGING_TABLE} staged
  WHERE NOT EXISTS (
    SELECT FROM bars b WHERE b.dataset_id = staged.dataset_id AND b.symbol_id = staged.symbol_id AND b."time" = staged."time")
  ORDER BY dataset_id, symbol_id, "time", staged.ctid
  ON CONFLICT DO NOTHING`;

/** Runs after {@link INSERT_NEW}, so it also compares rows of one key in the import. Skips rows that are in the quarantine already. */
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
