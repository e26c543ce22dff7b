/** Emits the state of a session after it changed in PostgreSQL; a state is not emitted twice in a row. */
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { EVENTS_KEPT } from './events-kept.js';
import { SCRIPTS } from '../redis/index.js';

/** @returns false when there is no store: the session was never started, or is lost or removed */
export async function emitState(
  redis: Redis,
  layout: SessionLayout,
  state: string,
  error: string | null = null,
): Promise<boolean> {
  const { meta, emitted, events } = layout.keysOf(0);
  const fields = ['type', 'state', 'state', state, ...(error === null ? [] : ['error', error.slice(0, 500)])];
  return (
    (await SCRIPTS.emitState.run(
      redis,
      [meta, emitted, events],
      [layout.incarnation, EVENTS_KEPT, state, ...fields],
    )) === 'emitted'
  );
}
