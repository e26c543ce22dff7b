/**
 * A session says what it waits for and warns of oddities, and a completed session runs again when its store lost its
 * newest writes.
 */
import { Api, type Session } from '../support/system/api.js';
import { DisturbedSystem } from '../support/system/disturbed-system.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2013-10-01', end: '2013-10-04' };
const SYMBOLS = ['AAA', 'BBB'];
const SOURCE = { source: { type: 'dataset', dataset: 'stream' } };
const SPEC = { ...DATES, ...SOURCE, symbols: SYMBOLS, upkeep: { enabled: false } };

type Waiting = Session & {
  waitingFor: { kind: string; what: string[]; since: string | null; detail: string; nextTryAt: string | null } | null;
  warnings: string[];
  symbols: string[];
};

let system: TestSystem;
let api: Api;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
  api = new Api((await system.coordinator()).url);
});

afterAll(() => system?.close());

const waiting = (id: string, kind: string) =>
  api.until(id, (session) => (session as Waiting).waitingFor?.kind === kind, 30_000) as Promise<Waiting>;

test('I11 a session in lockstep says how many consumers it waits for', async () => {
  const id = await api.run({ ...SPEC, id: 'alone', pace: { mode: 'lockstep', consumers: 2 } });
  const { waitingFor } = await waiting(id, 'consumers');
  expect(waitingFor).toMatchObject({ what: [], detail: 'waiting for consumers: 0 of 2 have joined', nextTryAt: null });
  expect(Date.parse(waitingFor!.since!)).toBeLessThan(Date.now());
  await api.ok('POST', `/v1/sessions/${id}/stop`);
  expect(((await api.session(id)) as Waiting).waitingFor).toBeNull();
});

test('I11 a session with a pace says when its next bar is due', async () => {
  const id = await api.run({ ...SPEC, id: 'slow', pace: { mode: 'clock', speed: 10 } });
  const { waitingFor } = await waiting(id, 'pace');
  expect(Date.parse(waitingFor!.nextTryAt!)).toBeGreaterThan(Date.parse(waitingFor!.since!));
  await api.ok('POST', `/v1/sessions/${id}/stop`);
});

test('I11 a fed session says whose bars it waits for', async () => {
  const id = await api.run({ ...SPEC, id: 'fed', source: { type: 'feed' } });
  expect((await waiting(id, 'feed')).waitingFor).toMatchObject({ what: SYMBOLS });
  await api.ok('POST', `/v1/sessions/${id}/stop`);
});

test('I11 a session whose upkeep no worker runs says so', async () => {
  const id = await api.run({ ...SPEC, id: 'idle', upkeep: { barrier: 'day' } });
  const isIdle = (session: Session) => (session as Waiting).waitingFor?.detail.startsWith('no upkeep worker') === true;
  const { waitingFor } = (await api.until(id, isIdle, 40_000)) as Waiting;
  expect(waitingFor).toMatchObject({ kind: 'worker' });
  expect(waitingFor!.detail).toMatch(/^no upkeep worker has taken a job for \d+ s$/);
  await api.ok('POST', `/v1/sessions/${id}/stop`);
});

test('a symbol that no dataset knows is a warning', async () => {
  const id = await api.run({ ...SPEC, id: 'unknown', symbols: [...SYMBOLS, 'NOPE'] });
  const { warnings } = (await api.completed(id)) as Waiting;
  expect(warnings).toEqual(['no dataset of the session has a bar of symbol NOPE']);
  expect(((await api.session(await api.run({ ...SPEC, id: 'known' }))) as Waiting).warnings).toEqual([]);
});

test('the symbols of the dataset are frozen when a session is created', async () => {
  const spec = { ...SPEC, id: 'all', symbols: 'dataset' };
  expect(((await api.ok('POST', '/v1/sessions', spec)) as Waiting).symbols).toEqual(SYMBOLS);
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: ['CCC'], seed: 6 }));
  const repeated = await api.call<Waiting>('POST', '/v1/sessions', spec);
  expect([repeated.status, repeated.body.symbols]).toEqual([200, SYMBOLS]);
  const later = (await api.ok('POST', '/v1/sessions', { ...spec, id: 'all-later' })) as Waiting;
  expect(later.symbols).toEqual([...SYMBOLS, 'CCC']);
});

test('I11 a completed session whose store lost its newest writes runs to its end again', async () => {
  const lab = await DisturbedSystem.create();
  try {
    const own = new Api((await lab.system.coordinator({ BARKEEP_RECONCILE_SECONDS: '3600' })).url);
    await lab.system.worker();
    await lab.repository.open();
    const digest = (await lab.reference(own)).digest;
    await lab.repository.holdFrom(lab.day(6));
    const id = await own.run(lab.spec('tail'));
    await own.until(id, ({ clock }) => clock! > lab.day(4));
    const setBack = await lab.keepStore(id);
    await lab.repository.open();
    await own.settled(id);
    await setBack();
    expect((await own.session(id)).state).toBe('running');
    await own.settled(id);
    expect(await own.digest(id)).toBe(digest);
  } finally {
    await lab.close();
  }
});

test('I11 a session whose request for upkeep was lost requests it again', async () => {
  const lab = await DisturbedSystem.create();
  try {
    const own = new Api((await lab.system.coordinator({ BARKEEP_RECONCILE_SECONDS: '3600' })).url);
    await lab.repository.open();
    const id = await own.run(lab.spec('forgotten'));
    await own.until(id, ({ state }) => state === 'waiting-upkeep', 30_000);
    await lab.loseQueues('detect-gaps:*');
    await lab.system.worker();
    await own.settled(id, 90_000);
  } finally {
    await lab.close();
  }
}, 180_000);
