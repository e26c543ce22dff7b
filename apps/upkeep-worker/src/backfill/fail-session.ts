/** Fails a session whose repository failed in every attempt (`onFailure: fail`): first its row, then its stream. */
import { SessionRepository, SessionStateError, type SessionRow } from '@barkeep/bar-repository';
import { setControl, emitState, type SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';

/** A session without barriers may have completed before the repository failed in every attempt. */
const FAILABLE = ['running', 'waiting-upkeep', 'paused', 'completed'] as const;

/** Does nothing for a session that has ended in another way. Safe to repeat. */
export async function failSession(
  dataSource: DataSource,
  redis: Redis,
  layout: SessionLayout,
  error: string,
): Promise<void> {
  const sessions = new SessionRepository(dataSource);
  const row = await sessions.find(layout.id);
  if (row?.incarnation !== layout.incarnation) return;
  let failed: SessionRow;
  try {
    failed = await sessions.transition(layout.id, FAILABLE, 'failed', { error });
  } catch (cause) {
    if (cause instanceof SessionStateError) return;
    throw cause;
  }
  await setControl(redis, layout, failed.epoch, 'stop');
  await emitState(redis, layout, 'failed', error);
}
