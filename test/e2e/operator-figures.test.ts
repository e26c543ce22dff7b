/** The metrics of a running coordinator and worker, and the files of deploy/ that use them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { describeWithPromtool, promtool } from '../support/system/promtool.js';
import { freePort } from '../../libs/local-system/src/servers/server-process.js';
import { Scrape } from '../support/system/scrape.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const SPEC = {
  symbols: ['AAA', 'BBB'],
  start: '2024-07-01',
  end: '2024-07-02',
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['whole'],
};

let system: TestSystem;
let coordinator: SystemProcess;
let worker: SystemProcess;
let api: Api;

beforeAll(async () => {
  system = await TestSystem.create();
  const whole = marketBars({ ...SPEC, seed: 5 });
  await writeBars(system.databaseUrl, 'whole', whole);
  await writeBars(system.databaseUrl, 'holey', holey(whole, 0.05, 6));
  [coordinator, worker] = await Promise.all([
    system.coordinator(),
    system.worker({ BARKEEP_WORKER_PORT: String(await freePort()) }),
  ]);
  api = new Api(coordinator.url);
});
afterAll(() => system?.close());

describe('a coordinator and a worker', () => {
  it('count what a session streams, finds and fills', async () => {
    // The processes have had no other session, so their totals are those of this one.
    const id = await api.run({ ...SPEC, id: 'figures' });
    const { counts } = await api.settled(id);
    expect(counts.backfilled).toBeGreaterThan(0);
    // The worker counts a repair after its writes.
    const ofWorker = await api.eventually(
      () => Scrape.of(worker.url),
      (scrape) => (scrape.value('barkeep_repair_seconds_count') ?? 0) > 0,
    );
    expect(ofWorker.value('barkeep_gap_slots_found_total')).toBe(counts.backfilled);
    expect(ofWorker.value('barkeep_gap_slots_filled_total')).toBe(counts.backfilled);
    const answered = { repository: 'whole', outcome: 'answered' };
    expect(ofWorker.value('barkeep_repository_requests_total', answered)).toBeGreaterThan(0);
    const requests = ofWorker.value('barkeep_repository_requests_total');
    expect(ofWorker.value('barkeep_repository_request_seconds_count')).toBe(requests);
    const ofCoordinator = await Scrape.of(coordinator.url);
    expect(ofCoordinator.value('barkeep_bars_streamed_total')).toBe(counts.streamed);
    expect(ofCoordinator.value('barkeep_sessions', { state: 'completed' })).toBe(1);
    expect(ofCoordinator.value('barkeep_queue_jobs', { queue: 'backfill' })).toBe(0);
  });

  it('show quality, lag and waiting of a paced session while it runs', async () => {
    const scrape = () => Scrape.of(coordinator.url);
    const session = await api.run({ ...SPEC, id: 'live', pace: { mode: 'clock', speed: 1 } });
    const running = await api.eventually(
      scrape,
      (found) => found.value('barkeep_session_waiting_seconds', { session, kind: 'pace' }) !== undefined,
    );
    expect(running.value('barkeep_session_streams')).toBe(1);
    expect(running.value('barkeep_session_quality_ratio', { session })).toBeGreaterThan(0.9);
    expect(running.value('barkeep_session_clock_lag_seconds', { session })).toBeGreaterThanOrEqual(0);
    await api.ok('POST', `/v1/sessions/${session}/stop`);
    await api.eventually(scrape, (found) => found.value('barkeep_session_quality_ratio', { session }) === undefined);
  });

  it('count fed bars that are refused or outside', async () => {
    const before = await Scrape.of(coordinator.url);
    const id = await api.run({ ...SPEC, id: 'fed', source: { type: 'feed' }, backfill: [] });
    const bar = { open: 10, high: 11, low: 9, close: 10, volume: 5 };
    const valid = { ...bar, openTime: '2024-07-01T13:30:00Z' };
    const belowLow = { ...bar, openTime: '2024-07-01T13:31:00Z', high: 1 };
    const atNight = { ...bar, openTime: '2024-07-01T03:00:00Z' };
    const afterSession = { ...bar, openTime: '2030-01-02T15:00:00Z' };
    await api.ok('POST', `/v1/sessions/${id}/symbols/AAA/bars`, [valid, belowLow, atNight, afterSession]);
    const after = await Scrape.of(coordinator.url);
    const added = (name: string) => after.value(name)! - before.value(name)!;
    expect(added('barkeep_rows_refused_total')).toBe(1);
    expect(added('barkeep_rows_outside_total')).toBe(2);
    await api.ok('POST', `/v1/sessions/${id}/stop`);
  });

  it('show their version, their connections and their event loop', async () => {
    for (const [{ url }, service] of [
      [coordinator, 'coordinator'],
      [worker, 'upkeep-worker'],
    ] as const) {
      const scrape = await Scrape.of(url);
      expect(scrape.value('barkeep_build_info', { service })).toBe(1);
      expect(scrape.value('barkeep_redis_up', { server: 'queue-redis' })).toBe(1);
      expect(scrape.value('barkeep_postgres_pool_limit')).toBe(10);
      expect(scrape.value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('the files of deploy/', () => {
  const fileOf = (name: string) => readFileSync(join(__dirname, '../../deploy', name), 'utf8');
  /** All metrics of both processes, and their types. */
  const metricTypes = async () => {
    const scrapes = [await Scrape.of(coordinator.url), await Scrape.of(worker.url)];
    return scrapes.flatMap(({ described }) => [...described].map(([name, { type }]) => ({ name, type })));
  };

  it.each([['grafana/barkeep.json'], ['alerts.yml']])('the metrics that %s names exist', async (file) => {
    const used = new Set(fileOf(file).match(/\b(barkeep|nodejs|process)_[a-z0-9_]+/g));
    // A query names a histogram by its three series.
    const names = (await metricTypes()).flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    const existing = new Set(names);
    expect([...used].filter((name) => !existing.has(name))).toEqual([]);
    expect(used.size).toBeGreaterThan(5);
  });

  it('the dashboard shows every metric of Barkeep', async () => {
    const dashboard = fileOf('grafana/barkeep.json');
    const names = (await metricTypes()).map(({ name }) => name).filter((name) => name.startsWith('barkeep_'));
    expect(names.filter((name) => !dashboard.includes(name))).toEqual([]);
  });
});

describeWithPromtool("Prometheus' own checker", () => {
  it("accepts Barkeep's metrics of both processes", async () => {
    for (const { url } of [coordinator, worker]) {
      const { text } = await Scrape.of(url);
      // Without those that prom-client adds for Node.
      const lines = text.split('\n').filter((line) => /^(# \w+ )?barkeep_/.test(line));
      promtool(['check', 'metrics'], { input: `${lines.join('\n')}\n` });
    }
  });
});
