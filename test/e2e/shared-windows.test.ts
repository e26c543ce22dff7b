/**
 * Sessions of one coordinator share reads. Whatever the other sessions do, each ends with the bytes of a session that
 * reads alone (I1), and none gets rows older than a separate read would return.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { Api } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { Scrape } from '../support/system/scrape.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

/** Enough symbols for two partitions. */
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
/** Eight specs, two of each kind. */
const SPECS = [...KINDS, ...KINDS];
const CHANGED_MINUTE = '2024-07-05T15:00:00Z';

let system: TestSystem;
/** The coordinator whose sessions share reads. */
let coordinator: SystemProcess;
let api: Api;
/** The digests of sessions over {@link SPECS} that share no reads. */
let expected: string[];
let sessions = 0;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'made', holey(marketBars({ ...BASE, seed: 8 }), 0.02, 9));
  const withoutSharing = await system.coordinator({ BARKEEP_SHARED_MB: '0' });
  api = new Api(withoutSharing.url);
  const ofKinds: string[] = [];
  for (const kind of KINDS) ofKinds.push(await digestOf(await start(kind)));
  expected = [...ofKinds, ...ofKinds];
  await withoutSharing.signal('SIGTERM');
  coordinator = await system.coordinator();
  api = new Api(coordinator.url);
});
afterAll(() => system?.close());

const start = (spec: object) => api.run({ ...spec, id: `shared-${++sessions}` });

/** Waits for the end of a session. @returns its digest */
async function digestOf(id: string): Promise<string> {
  await api.until(id, ({ state }) => state === 'completed');
  return api.digest(id);
}

/** How often a session of the coordinator has used what another one read. */
async function windowsShared(): Promise<number> {
  return (await Scrape.of(coordinator.url)).value('barkeep_windows_shared_total')!;
}

test('I1 eight overlapping sessions at once share reads, and have the digests of lone sessions', async () => {
  const ids = await Promise.all(SPECS.map(start));
  expect(await Promise.all(ids.map(digestOf))).toEqual(expected);
  expect(await windowsShared()).toBeGreaterThan(0);
});

test('I1 stopping one session and deleting another does not change the others', async () => {
  const [stopped, deleted, ...others] = await Promise.all(SPECS.map(start));
  await Promise.all([api.call('POST', `/v1/sessions/${stopped}/stop`), api.call('DELETE', `/v1/sessions/${deleted}`)]);
  const [, , ...expectedOfOthers] = expected;
  expect(await Promise.all(others.map(digestOf))).toEqual(expectedOfOthers);
});

test('I1 changed rows are read again, and not taken from a shared read', async () => {
  const digestOfBase = async () => digestOf(await start(BASE));
  const changeVolume = (by: number) =>
    system.query(`UPDATE bars SET volume = volume + $1 WHERE "time" = $2`, [by, CHANGED_MINUTE]);
  const [original] = expected;
  // At this pace the session runs as long as the test, so the coordinator keeps windows for it.
  const slow = await start({ ...BASE, pace: { mode: 'clock', speed: 1 } });
  expect(await digestOfBase()).toBe(original);
  const sharedBefore = await windowsShared();
  expect(await digestOfBase()).toBe(original);
  expect(await windowsShared()).toBeGreaterThan(sharedBefore);

  await changeVolume(1);
  const changed = await digestOfBase();
  expect(changed).not.toBe(original);
  expect(await digestOfBase()).toBe(changed);
  await api.call('DELETE', `/v1/sessions/${slow}`);

  await changeVolume(-1);
  expect(await digestOfBase()).toBe(original);
});

test('I1 another coordinator completes the sessions of one that was killed', async () => {
  const ids = await Promise.all(SPECS.map(start));
  await coordinator.signal('SIGKILL');
  coordinator = await system.coordinator();
  api = new Api(coordinator.url);
  expect(await Promise.all(ids.map(digestOf))).toEqual(expected);
});
