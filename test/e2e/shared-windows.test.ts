/**
 * Sessions of one coordinator that share reads: whatever other sessions do, each ends with the bytes of a session that
 * reads alone (I1), and none gets rows older than its own read would return.
 */
import { Api } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const SYMBOLS = Array.from({ length: 140 }, (_, i) => `S${String(i).padStart(3, '0')}`);
const BASE = {
  symbols: SYMBOLS,
  start: '2024-07-01',
  end: '2024-07-05',
  source: { type: 'dataset', dataset: 'made' },
  derivedIntervals: [],
  upkeep: { enabled: false },
};
/** Specs that overlap in days, symbols and windows. Some stream days that are the history of others. */
const KINDS: object[] = [
  BASE,
  { ...BASE, start: '2024-07-02', end: '2024-07-03' },
  { ...BASE, start: '2024-07-02', symbols: SYMBOLS.slice(0, 100) },
  { ...BASE, upkeep: { enabled: false, barrier: { minutes: 130 } } },
];
/** Two of each kind. */
const MANY = [...KINDS, ...KINDS];

let system: TestSystem;
let alone: Api;
let together: Api;
let sharing: SystemProcess;
let expected: string[];
let sessions = 0;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'made', holey(marketBars({ ...BASE, seed: 8 }), 0.02, 9));
  const reading = await system.coordinator({ BARKEEP_SHARED_MB: '0' });
  alone = new Api(reading.url);
  expected = [];
  for (const kind of KINDS) expected.push(await digestOf(alone, await begin(alone, kind)));
  await reading.signal('SIGTERM');
  sharing = await system.coordinator();
  together = new Api(sharing.url);
});
afterAll(() => system?.close());

const begin = (api: Api, spec: object) => api.run({ ...spec, id: `shared-${++sessions}` });

async function digestOf(api: Api, id: string): Promise<string> {
  await api.until(id, ({ state }) => state === 'completed');
  return api.digest(id);
}

/** Number of shared reads so far, over all sessions. */
async function windowsShared(): Promise<number> {
  const text = await (await fetch(`${sharing.url}/metrics`)).text();
  return Number(/^barkeep_windows_shared_total (\d+)/m.exec(text)?.[1]);
}

const expectedOf = (index: number) => expected[index % KINDS.length];

test('I1 eight overlapping sessions at once have the digests of lone ones, and read windows once', async () => {
  const ids = await Promise.all(MANY.map((spec) => begin(together, spec)));
  const digests = await Promise.all(ids.map((id) => digestOf(together, id)));
  expect(digests).toEqual(ids.map((_, i) => expectedOf(i)));
  expect(await windowsShared()).toBeGreaterThan(0);
});

test('I1 sessions that are stopped or deleted meanwhile leave the others whole', async () => {
  const ids = await Promise.all(MANY.map((spec) => begin(together, spec)));
  await Promise.all([
    together.call('POST', `/v1/sessions/${ids[0]!}/stop`),
    together.call('DELETE', `/v1/sessions/${ids[1]!}`),
  ]);
  const digests = await Promise.all(ids.slice(2).map((id) => digestOf(together, id)));
  expect(digests).toEqual(ids.slice(2).map((_, i) => expectedOf(i + 2)));
});

test('I1 rows that have changed are read again, and not taken from a shared read', async () => {
  // At this pace the session runs as long as the test, so the coordinator keeps windows for it.
  const slow = await begin(together, { ...BASE, pace: { mode: 'clock', speed: 1 } });
  expect(await digestOf(together, await begin(together, BASE))).toBe(expected[0]);
  const before = await windowsShared();
  expect(await digestOf(together, await begin(together, BASE))).toBe(expected[0]);
  expect(await windowsShared()).toBeGreaterThan(before);

  await system.query(`UPDATE bars SET volume = volume + 1 WHERE "time" = '2024-07-05T15:00:00Z'`);
  const changed = await digestOf(together, await begin(together, BASE));
  expect(changed).not.toBe(expected[0]);
  expect(await digestOf(together, await begin(together, BASE))).toBe(changed);
  await together.call('DELETE', `/v1/sessions/${slow}`);

  await system.query(`UPDATE bars SET volume = volume - 1 WHERE "time" = '2024-07-05T15:00:00Z'`);
  expect(await digestOf(together, await begin(together, BASE))).toBe(expected[0]);
});

test('I1 another coordinator completes the sessions of one that was killed', async () => {
  const ids = await Promise.all(MANY.map((spec) => begin(together, spec)));
  await sharing.signal('SIGKILL');
  sharing = await system.coordinator();
  together = new Api(sharing.url);
  const digests = await Promise.all(ids.map((id) => digestOf(together, id)));
  expect(digests).toEqual(ids.map((_, i) => expectedOf(i)));
});
