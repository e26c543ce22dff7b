/**
 * What a session reports about its repositories and about extreme values: attempts, a DataSource that is not connected,
 * volumes that overflow.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/api.js';
import { marketBars, writeBars } from '../support/market.js';
import { TestSystem } from '../support/system.js';

const DATES = { start: '2024-03-04', end: '2024-03-04' };
const market = marketBars({ ...DATES, symbols: ['AAA'], seed: 21 });
const bars = market.get('AAA')!;

let system: TestSystem;
let api: Api;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-answers-'));
  const module = join(folder, 'repositories.cjs');
  const typeorm = JSON.stringify(require.resolve('typeorm'));
  await writeFile(
    module,
    `const { DataSource } = require(${typeorm});
     const at = (time, unit) => Math.floor(time.getTime() * unit);
     const minutes = (start, end, unit) => {
       const bars = [];
       for (let time = start.getTime(); time < end.getTime(); time += 60000)
         bars.push({ time: at(new Date(time), unit), open: 10, high: 11, low: 9, close: 10, volume: 5 });
       return bars;
     };
     const inUnit = (unit) => ({ getBarsBySymbol: async (symbol, start, end) => minutes(start, end, unit) });
     module.exports = {
       whole: new DataSource({ type: 'postgres', url: process.env.DATABASE_URL }),
       seconds: inUnit(1 / 1000),
       microseconds: inUnit(1000),
       nanoseconds: inUnit(1000000),
       nothing: { getBarsBySymbol: async () => [] },
     };`,
  );
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: module });
  await writeBars(system.databaseUrl, 'whole', market);
  await writeBars(system.databaseUrl, 'holey', new Map([['AAA', bars.filter((_, i) => i % 39 !== 5)]]));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
}, 60_000);
afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true, force: true });
});

async function completed(id: string, spec: object) {
  const source = { type: 'dataset', dataset: 'holey' };
  await api.run({ id, symbols: ['AAA'], ...DATES, source, derivedIntervals: ['5m', '1d'], ...spec });
  return api.completed(id);
}

test('a gap that is asked for once shows one attempt', async () => {
  await completed('once', { backfill: ['nothing'], upkeep: { retryMissingBars: false } });
  const gaps = await api.gaps('once', 'AAA');
  expect(gaps).toHaveLength(10);
  expect(gaps.every(({ attempts, status }) => attempts === 1 && status === 'unfillable')).toBe(true);
});

test('a TypeORM DataSource that its owner did not connect is connected, and repairs', async () => {
  const { counts } = await completed('connected', { backfill: ['whole'] });
  expect(counts).toMatchObject({ streamed: 380, backfilled: 10, missing: 0 });
});

test.each(['seconds', 'microseconds', 'nanoseconds'])(
  'I7 bars of a repository that counts %s are refused by that name, once each, everywhere',
  async (unit) => {
    const reason = `time-in-${unit}`;
    const { counts } = await completed(unit, { backfill: [unit], upkeep: { maxRetries: 1 } });
    const kept = await system.query<{ bars: number }>(
      `SELECT count(*)::int AS bars FROM quarantined_bars q JOIN sessions s USING (incarnation)
       WHERE s.id = $1 AND q.reason = $2`,
      [unit, reason],
    );
    expect(counts.refused).toBeGreaterThanOrEqual(10);
    expect(kept[0]!.bars).toBe(counts.refused);
    expect((await api.metrics(unit, 'AAA')).refused).toEqual({ [reason]: counts.refused });
    for (const { lastError } of await api.gaps(unit, 'AAA')) expect(lastError).toContain(reason);
  },
);

test('volumes whose sum overflows answer the largest number, in bars and in metrics', async () => {
  const large = bars.map((bar) => ({ ...bar, volume: 1.5e308 }));
  await writeBars(system.databaseUrl, 'large', new Map([['AAA', large]]));
  await completed('large', { source: { type: 'dataset', dataset: 'large' } });
  for (const interval of ['5m', '1d']) {
    for (const { volume } of await api.bars('large', 'AAA', `interval=${interval}&last=100`)) {
      expect(volume).toBe(Number.MAX_VALUE);
    }
  }
  const { sessionVolume, runVolume } = await api.metrics('large', 'AAA');
  expect([sessionVolume, runVolume]).toEqual([Number.MAX_VALUE, Number.MAX_VALUE]);
});
