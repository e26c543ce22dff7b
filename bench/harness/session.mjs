/** Runs one whole session on a coordinator, from the request that starts it to its completion, and measures it. */
import { setTimeout as delay } from 'node:timers/promises';

/** The time of the end comes from the database, so it does not depend on this interval. */
const POLL_MS = 50;
const LIMIT_MS = 10 * 60_000;
let sessions = 0;

export const NO_UPKEEP = { upkeep: { enabled: false } };

/** A spec of a session over a market, or over `{ dataset, symbols, start, end }`. @param more overrides it */
export function specOf({ dataset, symbols, start, end }, more) {
  const source = { type: 'dataset', dataset };
  return { symbols, start, end, source, derivedIntervals: [], retentionHours: 0, ...more };
}

/**
 * @param system the result of `bench.system`
 * @param market the result of `bench.market`; the store must have all its bars in the end
 * @param spec overrides of the session's spec
 * @param check is called with the session at the end, before it is removed
 * @param whileRunning is called with the id when the session has started; its results have an `endedAt`
 * @param created is called when the session was created, and awaited before the session starts; it resets the meter
 * @returns a sample
 */
export async function runSession(bench, system, market, spec, { check, whileRunning, created } = {}) {
  const { coordinator, meter } = system;
  const id = `bench-${process.pid}-${++sessions}`;
  const bytesBefore = await bench.redisBytes();
  await coordinator.call('POST', '/v1/sessions', { id, ...specOf(market, spec) });
  if (created) await created();
  else meter.reset();
  const startedAt = Date.now();
  await coordinator.call('POST', `/v1/sessions/${id}/start`);
  const running = whileRunning?.(id) ?? [];
  const completed = waitForCompletion(bench.dataSource, id);
  const [completedAt, others] = await Promise.all([completed, running]);
  const endedAt = Math.max(completedAt, ...others.map((other) => other.endedAt));
  const seconds = (endedAt - startedAt) / 1000;
  const cpu = meter.seconds();
  const bytes = (await bench.redisBytes()) - bytesBefore;
  const session = await coordinator.call('GET', `/v1/sessions/${id}`);
  const { filled } = session.counts;
  // The figures of a session that lacks bars would be meaningless.
  if (filled !== market.bars) throw new Error(`expected ${market.bars} bars in the store, was ${filled}`);
  await check?.(session);
  await coordinator.call('DELETE', `/v1/sessions/${id}`);
  return { rate: filled / seconds, seconds, cpu, bytesPerBar: bytes / filled, others };
}

/** Polls the database, which costs the coordinator nothing. @returns when the session completed, epoch ms */
export async function waitForCompletion(dataSource, id) {
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; await delay(POLL_MS)) {
    const [row] = await dataSource.query('SELECT state, error, completed_at FROM sessions WHERE id = $1', [id]);
    if (row.state === 'completed') return row.completed_at.getTime();
    if (!['created', 'running', 'waiting-upkeep'].includes(row.state))
      throw new Error(`session ${row.state}: ${row.error}`);
  }
  throw new Error(`expected the session to end within ${LIMIT_MS / 60_000} min`);
}
