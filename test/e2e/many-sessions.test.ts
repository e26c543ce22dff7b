/**
 * Fifty sessions are started at once on two coordinators. Each coordinator streams at most eight at a time; the others wait
 * in the queue. Each session ends with the bytes of one that runs alone (I1), and none waits for all of the others.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import type { SessionPageAnswer } from '@barkeep/api';
import { Api } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const SESSIONS = 50;
const SYMBOLS_EACH = 10;
/** Number of different specs. Each also runs alone, and every session is compared with the lone run of its spec. */
const KINDS = 5;
const DATES = { start: '2024-03-04', end: '2024-03-06' };

let system: TestSystem;
/** The APIs of the two coordinators. */
let first: Api;
let second: Api;

const symbolsOf = (kind: number) =>
  Array.from({ length: SYMBOLS_EACH }, (_, i) => `S${String(kind * SYMBOLS_EACH + i).padStart(3, '0')}`);

const spec = (id: string, kind: number) => ({
  id,
  symbols: symbolsOf(kind),
  ...DATES,
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['whole'],
});

beforeAll(async () => {
  system = await TestSystem.create({ BARKEEP_STREAM_CONCURRENCY: '8' });
  const symbols = Array.from({ length: KINDS }, (_, kind) => symbolsOf(kind)).flat();
  const market = marketBars({ symbols, ...DATES, seed: 11 });
  await writeBars(system.databaseUrl, 'whole', market);
  await writeBars(system.databaseUrl, 'stream', holey(market, 0.02, 12));
  const [firstCoordinator, secondCoordinator] = await Promise.all([
    system.coordinator(),
    system.coordinator(),
    system.worker(),
    system.worker(),
  ]);
  first = new Api(firstCoordinator.url);
  second = new Api(secondCoordinator.url);
}, 120_000);

afterAll(() => system.close());

test('I1 fifty sessions at once have the digests of lone sessions, and the slowest takes at most twice the mean time', async () => {
  const loneDigests: string[] = [];
  for (let kind = 0; kind < KINDS; kind++) {
    const id = await first.run(spec(`alone-${kind}`, kind));
    await first.settled(id);
    loneDigests.push(await first.digest(id));
  }

  const startedAt = Date.now();
  const ids = Array.from({ length: SESSIONS }, (_, i) => `many-${i}`);
  await Promise.all(ids.map((id, i) => (i % 2 === 0 ? first : second).run(spec(id, i % KINDS))));
  await Promise.all(ids.map((id) => first.settled(id, 120_000)));

  const digests = await Promise.all(ids.map((id) => second.digest(id)));
  expect(digests).toEqual(ids.map((_, i) => loneDigests[i % KINDS]));

  const rows = await system.query<{ id: string; ended: Date }>(
    `SELECT id, completed_at AS ended FROM sessions WHERE id LIKE 'many-%'`,
  );
  const durationsMs = rows.map(({ ended }) => ended.getTime() - startedAt);
  // If the sessions end evenly over the whole time, half of it is the mean. One that starves ends later than that.
  const meanMs = durationsMs.reduce((sum, ms) => sum + ms, 0) / durationsMs.length;
  expect(Math.max(...durationsMs)).toBeLessThanOrEqual(2 * meanMs);
}, 180_000);

test('the list of sessions is read page by page and by state', async () => {
  const seen: string[] = [];
  let cursor = '';
  do {
    const path = `/v1/sessions?state=completed&limit=20${cursor}`;
    const { sessions, nextCursor } = await first.ok<SessionPageAnswer>('GET', path);
    expect(sessions.length).toBeLessThanOrEqual(20);
    seen.push(...sessions.map(({ id }) => id));
    cursor = nextCursor === null ? '' : `&cursor=${encodeURIComponent(nextCursor)}`;
  } while (cursor !== '');
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toHaveLength(SESSIONS + KINDS); // with the lone ones
  const running = await first.ok<SessionPageAnswer>('GET', '/v1/sessions?state=running');
  expect(running.sessions).toEqual([]);
});
