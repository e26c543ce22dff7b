/** Records which sessions were removed in the last month. */
import type { DataSource, EntityManager } from 'typeorm';

const KEPT_DAYS = 31;

/** Records that this incarnation of `id` was removed. */
export async function noteRemoved(manager: EntityManager, id: string, incarnation: string): Promise<void> {
  const sql = 'INSERT INTO removed_sessions (incarnation, id) VALUES ($1, $2) ON CONFLICT DO NOTHING';
  await manager.query(sql, [incarnation, id]);
}

/** The recorded removals by id, for those of `ids` that have any. `isTaken`: a session with this id exists again. */
export async function removedAmong(dataSource: DataSource, ids: readonly string[]) {
  const rows = await dataSource.query<{ id: string; incarnations: string[]; isTaken: boolean }[]>(
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
