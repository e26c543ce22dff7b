/**
 * A repository blocks the event loop of a worker. The watchdog ends that worker, and another one does the job (I11, I12).
 * docs/ARCHITECTURE.md lists the invariants, such as I11.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DAY_OF_AAA = { symbols: ['AAA'], start: '2013-10-07', end: '2013-10-07' };
const SPEC = {
  ...DAY_OF_AAA,
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['blocking'],
  upkeep: { barrier: 'day' },
};
/** A repository whose first request never returns, so that the event loop of the requesting worker stops. */
const MODULE = `
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const bars = JSON.parse(readFileSync(__dirname + '/bars.json', 'utf8'));
const firstRequestMark = __dirname + '/requested';
exports.blocking = { getBars: async ({ start, end }) => {
  if (!existsSync(firstRequestMark)) {
    writeFileSync(firstRequestMark, '');
    for (;;);
  }
  return bars.filter(({ openTime }) => openTime >= start.getTime() && openTime < end.getTime());
} };`;

let system: TestSystem;
let folder: string;

afterAll(async () => {
  await system?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** Waits until one of the workers has ended. @returns the signal that ended it, and its output */
function firstEndOf(workers: readonly SystemProcess[]) {
  const ends = workers.map(async (worker) => {
    const [, signal] = (await once(worker.child, 'exit')) as [number | null, NodeJS.Signals | null];
    return { signal, log: worker.log };
  });
  return Promise.race(ends);
}

test('I11 I12 the watchdog kills a worker whose event loop is blocked, and another one does its job', async () => {
  const market = marketBars({ ...DAY_OF_AAA, seed: 7 });
  folder = mkdtempSync(join(tmpdir(), 'barkeep-blocked-'));
  const modulePath = join(folder, 'repositories.cjs');
  writeFileSync(modulePath, MODULE);
  writeFileSync(join(folder, 'bars.json'), JSON.stringify(market.get('AAA')));
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: modulePath });
  await writeBars(system.databaseUrl, 'holey', holey(market, 0.1, 8));
  const [coordinator, ...workers] = await Promise.all([system.coordinator(), system.worker(), system.worker()]);
  const firstEnd = firstEndOf(workers);
  const api = new Api(coordinator.url);
  const { counts } = await api.completed(await api.run({ ...SPEC, id: 'blocked' }), 90_000);
  expect(counts.filled).toBe(390); // every minute of the day
  const { signal, log } = await firstEnd;
  expect(signal).toBe('SIGKILL');
  expect(log).toContain('the event loop of the upkeep worker has not turned for 30 s');
}, 150_000);
