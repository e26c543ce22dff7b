/**
 * Metrics and health of a running coordinator and worker, with and without API keys, and the files of deploy/ that use the
 * metrics.
 */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { checkAnswer } from '../support/system/contract.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { describeWithPromtool, promtool } from '../support/system/promtool.js';
import { freePort } from '../../libs/local-system/src/servers/server-process.js';
import { Scrape } from '../support/system/scrape.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const USER_KEY = 'user-key-0123456789';
const ADMIN_KEY = 'admin-key-0123456789';
const SPEC = {
  symbols: ['AAA', 'BBB'],
  start: '2024-07-01',
  end: '2024-07-02',
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['whole'],
};

/** The lines of Barkeep's metrics in a scrape, without those that prom-client adds for Node. */
function barkeepLines(text: string): string {
  const isOfBarkeep = (line: string) => /^(# \w+ )?barkeep_/.test(line);
  return `${text.split('\n').filter(isOfBarkeep).join('\n')}\n`;
}

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
    const id = await api.run({ ...SPEC, id: 'figures' });
    const { counts } = await api.settled(id);
    const scrapeWorker = () => Scrape.of(worker.url);
    // The worker counts a repair after its writes.
    const repaired = await api.eventually(
      scrapeWorker,
      (seen) => (seen.value('barkeep_repair_seconds_count') ?? 0) > 0,
    );
    expect(counts.backfilled).toBeGreaterThan(0);
    expect(repaired.value('barkeep_gap_slots_found_total')).toBe(counts.backfilled);
    expect(repaired.value('barkeep_gap_slots_filled_total')).toBe(counts.backfilled);
    const answered = { repository: 'whole', outcome: 'answered' };
    expect(repaired.value('barkeep_repository_requests_total', answered)).toBeGreaterThan(0);
    expect(repaired.value('barkeep_repository_request_seconds_count')).toBe(
      repaired.value('barkeep_repository_requests_total'),
    );
    const streamed = await Scrape.of(coordinator.url);
    expect(streamed.value('barkeep_bars_streamed_total')).toBe(counts.streamed);
    expect(streamed.value('barkeep_sessions', { state: 'completed' })).toBe(1);
    expect(streamed.value('barkeep_queue_jobs', { queue: 'backfill' })).toBe(0);
  });

  it('show quality, lag and waiting of a paced session while it runs', async () => {
    const pace = { mode: 'clock', speed: 1 };
    const id = await api.run({ ...SPEC, id: 'live', pace });
    const running = await api.eventually(
      () => Scrape.of(coordinator.url),
      (seen) => seen.value('barkeep_session_waiting_seconds', { session: id, kind: 'pace' }) !== undefined,
    );
    expect(running.value('barkeep_session_streams')).toBe(1);
    expect(running.value('barkeep_session_quality_ratio', { session: id })).toBeGreaterThan(0.9);
    expect(running.value('barkeep_session_clock_lag_seconds', { session: id })).toBeGreaterThanOrEqual(0);
    await api.ok('POST', `/v1/sessions/${id}/stop`);
    await api.eventually(
      () => Scrape.of(coordinator.url),
      (seen) => seen.value('barkeep_session_quality_ratio', { session: id }) === undefined,
    );
  });

  it('count fed bars that no session stores', async () => {
    const before = await Scrape.of(coordinator.url);
    const id = await api.run({ ...SPEC, id: 'fed', source: { type: 'feed' }, backfill: [] });
    const bar = { open: 10, high: 11, low: 9, close: 10, volume: 5 };
    const valid = { ...bar, openTime: '2024-07-01T13:30:00Z' };
    const refused = { ...bar, openTime: '2024-07-01T13:31:00Z', high: 1 };
    // In the night, and years after the session.
    const outside = ['2024-07-01T03:00:00Z', '2030-01-02T15:00:00Z'].map((openTime) => ({ ...bar, openTime }));
    await api.ok('POST', `/v1/sessions/${id}/symbols/AAA/bars`, [valid, refused, ...outside]);
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
  /** The names by which queries can use the metrics of both processes: a histogram has three. */
  const queryNames = async () => {
    const scrapes = [await Scrape.of(coordinator.url), await Scrape.of(worker.url)];
    const names = scrapes.flatMap(({ described }) =>
      [...described].flatMap(([name, { type }]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name],
      ),
    );
    return new Set(names);
  };

  it.each([['grafana/barkeep.json'], ['alerts.yml']])('name only metrics that exist: %s', async (file) => {
    const used = new Set(fileOf(file).match(/\b(barkeep|nodejs|process)_[a-z0-9_]+/g));
    const names = await queryNames();
    expect([...used].filter((name) => !names.has(name))).toEqual([]);
    expect(used.size).toBeGreaterThan(5);
  });

  it('show every metric of Barkeep on the dashboard', async () => {
    const dashboard = fileOf('grafana/barkeep.json');
    const names = [await Scrape.of(coordinator.url), await Scrape.of(worker.url)].flatMap(({ described }) => [
      ...described.keys(),
    ]);
    expect(names.filter((name) => name.startsWith('barkeep_') && !dashboard.includes(name))).toEqual([]);
  });
});

describeWithPromtool("Prometheus' own checker", () => {
  it('accepts the metrics of both processes', async () => {
    for (const { url } of [coordinator, worker]) {
      const { text } = await Scrape.of(url);
      promtool(['check', 'metrics'], { input: barkeepLines(text) });
    }
  });
});

describe('the port of a worker', () => {
  it('answers health as the coordinator does, and has no other routes than health and metrics', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const response = await fetch(worker.url + path);
      expect(response.status).toBe(200);
      checkAnswer('GET', path, 200, await response.json());
    }
    const other = await fetch(`${worker.url}/v1/sessions`);
    expect(other.status).toBe(404);
    expect(other.headers.get('content-type')).toBe('application/problem+json');
    expect((await fetch(`${worker.url}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  it('without keys answers this machine only', async () => {
    // Unlike fetch, `request` can send another Host, as a call from a foreign web page has.
    const status = await new Promise((resolve, reject) => {
      request(`${worker.url}/metrics`, { headers: { Host: 'evil.example' } }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it('requires the same keys as the coordinator', async () => {
    const port = String(await freePort());
    const keyed = await system.worker({
      BARKEEP_WORKER_PORT: port,
      BARKEEP_API_KEYS: USER_KEY,
      BARKEEP_ADMIN_KEYS: ADMIN_KEY,
    });
    const fetchWith = (path: string, key?: string) =>
      fetch(keyed.url + path, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });
    expect((await fetchWith('/health/live')).status).toBe(200);
    expect((await fetchWith('/health/ready')).status).toBe(401);
    expect((await fetchWith('/health/ready', USER_KEY)).status).toBe(200);
    expect((await fetchWith('/metrics')).status).toBe(401);
    const refused = await fetchWith('/metrics', USER_KEY);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('BARKEEP_ADMIN_KEYS') });
    expect((await fetchWith('/metrics', ADMIN_KEY)).status).toBe(200);
    expect(await keyed.signal('SIGTERM')).toBe(0);
  });

  it('that is in use stops the start, with a message that names the variable', async () => {
    const port = new URL(worker.url).port;
    await expect(system.worker({ BARKEEP_WORKER_PORT: port })).rejects.toThrow(
      /BARKEEP_WORKER_PORT: expected a free port, was \d+/,
    );
  });
});
