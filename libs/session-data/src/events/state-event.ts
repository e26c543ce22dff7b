/** Says the state of a session in its events, by whoever changed it in Postgres; the same state is not said twice. */
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { EVENTS_KEPT } from './events-kept.js';
import { LUA, Script } from '../redis/index.js';

const EMIT_STATE = new Script(LUA.emitState);

/** @returns false when there is no store to say it in: the session was never started, or is lost or removed */
export async function tellState(
  redis: Redis,
  layout: SessionLayout,
  state: string,
  error: string | null = null,
): Promise<boolean> {
  const { meta, told, events } = layout.keysOf(0);
  const fields = ['type', 'state', 'state', state, ...(error === null ? [] : ['error', error.slice(0, 500)])];
  return (
    (await EMIT_STATE.run(redis, [meta, told, events], [layout.incarnation, EVENTS_KEPT, state, ...fields])) === 'told'
  );
}
