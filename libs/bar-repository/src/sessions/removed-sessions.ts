/** Records which sessions were removed in the last month. */
import type { DataSource, EntityManager } from 'typeorm';

const KEPT_DAYS = 31;

/** The sessions that were removed under one id. */
export interface RemovedUnderId {
  incarnations: string[];
  /** True when a session with this id exists again. */
  isTaken: boolean;
}

/** Records that these incarnations of `id` were removed. */
export async function noteRemoved(manager: EntityManager, id: string, incarnations: readonly string[]): Promise<void> {
  await manager.query(
    'INSERT INTO removed_sessions (incarnation, id) SELECT incarnation, $1 FROM unnest($2::uuid[]) AS incarnation ON CONFLICT DO NOTHING',
    [id, incarnations],
  );
}

/** The recorded removals by id, for those of `ids` that have any. */
export async function removedAmong(
  dataSource: DataSource,
  ids: readonly string[],
): Promise<Map<string, RemovedUnderId>> {
  const rows = await dataSource.query<(RemovedUnderId & { id: string })[]>(
    `SELECT id, array_agg(incarnation::text) AS incarnations, EXISTS (SELECT FROM sessions WHERE sessions.id = removed.id) AS "isTaken"
     FROM removed_sessions removed WHERE id = ANY($1) GROUP BY id`,
    [ids],
  );
  return new Map(rows.map(({ id, incarnations, isTaken }) => [id, { incarnations, isTaken }]));
}

/** Whether any removal of the last month is recorded. Deletes older records first. */
export async function hasRemoved(dataSource: DataSource): Promise<boolean> {
  await dataSource.query(`DELETE FROM removed_sessions WHERE removed_at < now() - interval '${KEPT_DAYS} days'`);
  const [row] = await dataSource.query<{ found: boolean }[]>('SELECT EXISTS (SELECT FROM removed_sessions) AS found');
  return row?.found === true;
}
