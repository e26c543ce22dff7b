/** Runs whole sessions on a coordinator, from the request that starts them to their completion, and measures them. */
import { BarImporter } from '@barkeep/bar-repository';
import { openSession } from '@barkeep/session-data';
import { setTimeout as delay } from 'node:timers/promises';
import { symbolNames } from './market.mjs';

/** How often to look whether a session has completed. The database has the exact time, so results do not depend on this. */
const POLL_MS = 50;
const COMPLETION_LIMIT_MS = 10 * 60_000;
const DAY_MS = 86_400_000;
/** 500 symbols on all trading days of 2024. */
const WIDE = { symbols: 500, start: '2024-01-02', end: '2024-12-31', days: 252 };
/** Cells of the console's matrix of a wide session: symbols × days. */
export const CELLS = WIDE.symbols * WIDE.days;

export const NO_UPKEEP = { upkeep: { enabled: false } };

/** Number of sessions so far, for their ids. */
let sessions = 0;

/** The spec of a session over a market, or over `{ dataset, symbols, start, end }`. @param more fields added or replaced */
export function specOf({ dataset, symbols, start, end }, more) {
  const source = { type: 'dataset', dataset };
  return { symbols, start, end, source, derivedIntervals: [], retentionHours: 0, ...more };
}

/**
 * Runs one session from its creation to its removal.
 * @param system the result of `bench.system`
 * @param market the result of `bench.market`; at the end the store must have all of its bars
 * @param spec overrides of the session's spec
 * @param options each optional:
 * - `onCreated()` is called before the session starts; it must reset the meter, which is all that happens without it
 * - `follow(id)` is called after the start; resolves with what each consumer received, with its `endedAt`
 * - `check(session)` is called when the session has completed, before it is removed
 * - `countsEnd`: true counts also the CPU time after the completion, in which the certificate is made
 * @returns a sample, with `seconds` from the start to the end, and `consumers`, the results of `follow`
 */
export async function runSession(bench, system, market, spec, options = {}) {
  const { coordinator, meter } = system;
  const { check, follow, onCreated = () => meter.reset(), countsEnd = false } = options;
  const id = `bench-${process.pid}-${++sessions}`;
  const bytesBefore = await bench.redisBytes();
  await coordinator.call('POST', '/v1/sessions', { id, ...specOf(market, spec) });
  await onCreated();
  const startedAt = Date.now();
  await coordinator.call('POST', `/v1/sessions/${id}/start`);
  const [completedAt, consumers] = await Promise.all([waitForCompletion(bench.dataSource, id), follow?.(id) ?? []]);
  const endedAt = Math.max(completedAt, ...consumers.map((consumer) => consumer.endedAt));
  const seconds = (endedAt - startedAt) / 1000;
  if (countsEnd) await meter.settled();
  const cpu = meter.seconds();
  const bytes = (await bench.redisBytes()) - bytesBefore;
  const session = await coordinator.call('GET', `/v1/sessions/${id}`);
  const { filled } = session.counts;
  // The figures of a session that lacks bars would be meaningless.
  if (filled !== market.bars) throw new Error(`expected ${market.bars} bars in the store, was ${filled}`);
  await check?.(session);
  await coordinator.call('DELETE', `/v1/sessions/${id}`);
  return { rate: filled / seconds, seconds, cpu, bytesPerBar: bytes / filled, consumers };
}

/**
 * Waits until a session has completed. Asks the database, which costs the coordinator nothing.
 * @returns the time of completion, epoch ms @throws Error when it ends in another state, or not within the limit
 */
async function waitForCompletion(dataSource, id) {
  for (const deadline = Date.now() + COMPLETION_LIMIT_MS; Date.now() < deadline; await delay(POLL_MS)) {
    const [row] = await dataSource.query('SELECT state, error, completed_at FROM sessions WHERE id = $1', [id]);
    if (row.state === 'completed') return row.completed_at.getTime();
    if (!['created', 'running', 'waiting-upkeep'].includes(row.state))
      throw new Error(`session ${row.state}: ${row.error}`);
  }
  throw new Error(`expected the session to end within ${COMPLETION_LIMIT_MS / 60_000} min`);
}

/**
 * Starts a coordinator and runs a session of many symbols and days, with one bar per symbol and day, to its end.
 * @param size number of symbols and trading days, and the first and last date
 * @returns `{ coordinator, meter, id, layout, remove }`
 */
export async function makeWideSession(bench, size = WIDE) {
  const { dataSource, redis } = bench;
  const { coordinator, meter } = await bench.system();
  const importer = await BarImporter.open(dataSource, 'bench-days');
  const symbols = symbolNames(size.symbols);
  const bars = [];
  for (let day = Date.parse(size.start); day <= Date.parse(size.end); day += DAY_MS) {
    // 15:00 UTC is within the hours of every trading day. The session ignores the bars of the other days.
    bars.push({ openTime: day + 15 * 3_600_000, open: 10, high: 10, low: 10, close: 10, volume: 1 });
  }
  for (const symbol of symbols) await importer.write(symbol, bars);
  await importer.finish();
  const spec = specOf({ ...size, symbols, dataset: 'bench-days' }, NO_UPKEEP);
  const { id } = await coordinator.call('POST', '/v1/sessions?start=true', spec);
  await waitForCompletion(dataSource, id);
  const { filled } = (await coordinator.call('GET', `/v1/sessions/${id}`)).counts;
  if (filled !== symbols.length * size.days) throw new Error(`expected a bar in each cell, was ${filled} bars`);
  const { layout } = await openSession(redis, 'barkeep', id);
  return { coordinator, meter, id, layout, remove: () => coordinator.call('DELETE', `/v1/sessions/${id}`) };
}
