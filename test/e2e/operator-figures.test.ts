/**
 * What operators see of a running system: metrics and health of a coordinator and a worker, with and without API keys.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { checkAnswer } from '../support/system/contract.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { describeWithPromtool, promtool } from '../support/system/promtool.js';
import { freePort } from '../../libs/local-system/src/servers/server-process.js';
import { Scrape } from '../support/system/scrape.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const USER = 'user-key-0123456789';
const ADMIN = 'admin-key-0123456789';
const SPEC = {
  symbols: ['AAA', 'BBB'],
  start: '2024-07-01',
  end: '2024-07-02',
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['whole'],
};

/** A scrape without the metrics that prom-client makes for Node, whose names are not ours. */
function ours(text: string): string {
  const isOurs = (line: string) => /^(# \w+ )?barkeep_/.test(line);
  return `${text.split('\n').filter(isOurs).join('\n')}\n`;
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
    const upkeep = () => Scrape.of(worker.url);
    // The worker counts a repair after its writes.
    const repaired = await api.eventually(upkeep, (seen) => (seen.value('barkeep_repair_seconds_count') ?? 0) > 0);
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

  it('show how a session that follows real time is, while it runs', async () => {
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
    const fed = [
      { ...bar, openTime: '2024-07-01T13:30:00Z' },
      { ...bar, openTime: '2024-07-01T13:31:00Z', high: 1 },
      { ...bar, openTime: '2024-07-01T03:00:00Z' },
      { ...bar, openTime: '2030-01-02T15:00:00Z' },
    ];
    await api.ok('POST', `/v1/sessions/${id}/symbols/AAA/bars`, fed);
    const after = await Scrape.of(coordinator.url);
    const added = (name: string) => after.value(name)! - before.value(name)!;
    expect([added('barkeep_rows_refused_total'), added('barkeep_rows_outside_total')]).toEqual([1, 2]);
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
  /** The names of all metrics of the processes, with the series of histograms. */
  const known = async () => {
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
    const names = await known();
    expect([...used].filter((name) => !names.has(name))).toEqual([]);
    expect(used.size).toBeGreaterThan(5);
  });

  it('show every metric of ours on the dashboard', async () => {
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
      promtool(['check', 'metrics'], { input: ours(text) });
    }
  });
});

describe("a worker's own port", () => {
  it('answers health as the coordinator does, and nothing else', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const response = await fetch(worker.url + path);
      expect(response.status).toBe(200);
      checkAnswer('GET', path, 200, await response.json());
    }
    const other = await fetch(`${worker.url}/v1/sessions`);
    expect([other.status, other.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    expect((await fetch(`${worker.url}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  it('is for this machine alone without keys', async () => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      request(`${worker.url}/metrics`, { headers: { Host: 'evil.example' } }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it('has the key rules of the coordinator', async () => {
    const port = String(await freePort());
    const keyed = await system.worker({
      BARKEEP_WORKER_PORT: port,
      BARKEEP_API_KEYS: USER,
      BARKEEP_ADMIN_KEYS: ADMIN,
    });
    const as = (path: string, key?: string) =>
      fetch(keyed.url + path, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });
    expect((await as('/health/live')).status).toBe(200);
    expect((await as('/health/ready')).status).toBe(401);
    expect((await as('/health/ready', USER)).status).toBe(200);
    expect((await as('/metrics')).status).toBe(401);
    const refused = await as('/metrics', USER);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('BARKEEP_ADMIN_KEYS') });
    expect((await as('/metrics', ADMIN)).status).toBe(200);
    expect(await keyed.signal('SIGTERM')).toBe(0);
  });

  it('that is in use stops the start with a message that names it', async () => {
    const port = new URL(worker.url).port;
    await expect(system.worker({ BARKEEP_WORKER_PORT: port })).rejects.toThrow(
      /BARKEEP_WORKER_PORT: expected a free port, was \d+/,
    );
  });
});
