/**
 * A session shows what it waits for, and warns of unknown symbols. It also recovers from lost writes of its store and from
 * a lost request for upkeep.
 * docs/ARCHITECTURE.md lists the invariants, such as I11.
 */
import { Api, type Session } from '../support/system/api.js';
import { DisturbedSystem } from '../support/system/disturbed-system.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2013-10-01', end: '2013-10-04' };
const SYMBOLS = ['AAA', 'BBB'];
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'dataset', dataset: 'stream' }, upkeep: { enabled: false } };
/** Rounds of the reconciler are so rare that none happens during a test. */
const NO_RECONCILER = { BARKEEP_RECONCILE_SECONDS: '3600' };

let system: TestSystem;
let api: Api;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
  api = new Api((await system.coordinator()).url);
});

afterAll(() => system?.close());

/** Waits until a session waits for something of this kind. */
const waiting = (id: string, kind: string) => api.until(id, ({ waitingFor }) => waitingFor?.kind === kind);

test('I11 a session in lockstep shows how many consumers it waits for', async () => {
  const id = await api.run({ ...SPEC, id: 'alone', pace: { mode: 'lockstep', consumers: 2 } });
  const { waitingFor } = await waiting(id, 'consumers');
  expect(waitingFor).toMatchObject({ what: [], detail: 'waiting for consumers: 0 of 2 have joined', nextTryAt: null });
  expect(Date.parse(waitingFor!.since!)).toBeLessThan(Date.now());
  await api.ok('POST', `/v1/sessions/${id}/stop`);
  expect((await api.session(id)).waitingFor).toBeNull();
});

test('I11 a session with a pace shows when its next bar is due', async () => {
  const id = await api.run({ ...SPEC, id: 'slow', pace: { mode: 'clock', speed: 10 } });
  const { waitingFor } = await waiting(id, 'pace');
  expect(Date.parse(waitingFor!.nextTryAt!)).toBeGreaterThan(Date.parse(waitingFor!.since!));
  await api.ok('POST', `/v1/sessions/${id}/stop`);
});

test('I11 a fed session shows the symbols for whose bars it waits', async () => {
  const id = await api.run({ ...SPEC, id: 'fed', source: { type: 'feed' } });
  expect((await waiting(id, 'feed')).waitingFor).toMatchObject({ what: SYMBOLS });
  await api.ok('POST', `/v1/sessions/${id}/stop`);
});

test.each([
  // With a barrier the clock waits for the end of the day, which no stream has reached.
  ['day', { enabled: true }, SYMBOLS],
  // Without one it waits for the slowest stream.
  ['none', { enabled: false }, ['AAA']],
])(
  'I11 a session whose feeds are within a day shows for which symbols it waits: barrier %s',
  async (barrier, upkeep, what) => {
    const id = await api.run({
      ...SPEC,
      id: `within-${barrier}`,
      source: { type: 'feed' },
      upkeep: { ...upkeep, barrier },
    });
    const feed = (symbol: string, through: string) =>
      api.ok('POST', `/v1/sessions/${id}/symbols/${symbol}/bars?through=2013-10-01T${through}:00Z`);
    await feed('AAA', '14:00');
    await feed('BBB', '15:00');
    const { waitingFor } = await api.until(id, (session) => session.waitingFor?.what.length === what.length);
    expect(waitingFor).toMatchObject({ kind: 'feed', what });
    await api.ok('POST', `/v1/sessions/${id}/stop`);
  },
);

test('I11 a session that waits for upkeep shows that no worker runs', async () => {
  const id = await api.run({ ...SPEC, id: 'idle', upkeep: { barrier: 'day' } });
  const lacksWorker = (session: Session) => session.waitingFor?.detail.startsWith('no upkeep worker') === true;
  const { waitingFor } = await api.until(id, lacksWorker, 40_000);
  expect(waitingFor).toMatchObject({ kind: 'worker' });
  expect(waitingFor!.detail).toMatch(/^no upkeep worker has taken a job for \d+ s$/);
  await api.ok('POST', `/v1/sessions/${id}/stop`);
});

test('I11 a session that no coordinator has room for says so, also after a pause', async () => {
  const small = await TestSystem.create({ BARKEEP_STREAM_CONCURRENCY: '1' });
  try {
    await writeBars(small.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
    const { url } = await small.coordinator();
    const smallApi = new Api(url);
    const lockstep = { ...SPEC, pace: { mode: 'lockstep' } };
    const until = (id: string, kind: string) => smallApi.until(id, ({ waitingFor }) => waitingFor?.kind === kind);
    await smallApi.run({ ...lockstep, id: 'first' });
    await until('first', 'consumers');
    await smallApi.run({ ...lockstep, id: 'second' });
    const { clock, state, waitingFor } = await until('second', 'worker');
    expect({ clock, state }).toEqual({ clock: null, state: 'running' });
    expect(waitingFor!.detail).toMatch(/^waiting for a coordinator that has room/);
    expect(await smallApi.ok('GET', '/v1/sessions/second')).toMatchObject({
      waitingFor: { kind: 'worker', detail: '' },
    });
    // The first one gives its place to the second one, and does not get it back.
    await smallApi.ok('POST', '/v1/sessions/first/pause');
    await until('second', 'consumers');
    await smallApi.ok('POST', '/v1/sessions/first/resume');
    await until('first', 'worker');
  } finally {
    await small.close();
  }
});

test('a symbol that no dataset knows is a warning', async () => {
  const id = await api.run({ ...SPEC, id: 'unknown', symbols: [...SYMBOLS, 'NOPE'] });
  const { warnings } = await api.completed(id);
  expect(warnings).toEqual(['no dataset of the session has a bar of symbol NOPE']);
  expect((await api.session(await api.run({ ...SPEC, id: 'known' }))).warnings).toEqual([]);
});

test('a session with all symbols of a dataset has those of its creation, and not later ones', async () => {
  const spec = { ...SPEC, id: 'all', symbols: 'dataset' };
  expect((await api.ok<Session>('POST', '/v1/sessions', spec)).symbols).toEqual(SYMBOLS);
  await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: ['CCC'], seed: 6 }));
  const repeated = await api.call<Session>('POST', '/v1/sessions', spec);
  expect(repeated).toMatchObject({ status: 200, body: { symbols: SYMBOLS } });
  const later = await api.ok<Session>('POST', '/v1/sessions', { ...spec, id: 'all-later' });
  expect(later.symbols).toEqual([...SYMBOLS, 'CCC']);
});

test('I11 a completed session whose store lost its newest writes runs to its end again', async () => {
  // The test copies the store while the session runs, and puts the copy back after the session has completed.
  const lab = await DisturbedSystem.create();
  try {
    const labApi = new Api((await lab.system.coordinator(NO_RECONCILER)).url);
    await lab.system.worker();
    await lab.repository.open();
    const digest = (await lab.reference(labApi)).digest;
    await lab.repository.holdFrom(lab.day(6));
    const id = await labApi.run(lab.spec('tail'));
    await labApi.until(id, ({ clock }) => clock! > lab.day(4));
    const setStoreBack = await lab.keepStore(id);
    await lab.repository.open();
    await labApi.settled(id);
    await setStoreBack();
    expect((await labApi.session(id)).state).toBe('running');
    await labApi.settled(id);
    expect(await labApi.digest(id)).toBe(digest);
  } finally {
    await lab.close();
  }
});

test('I11 a session whose request for upkeep was lost requests it again', async () => {
  const lab = await DisturbedSystem.create();
  try {
    const labApi = new Api((await lab.system.coordinator(NO_RECONCILER)).url);
    await lab.repository.open();
    const id = await labApi.run(lab.spec('forgotten'));
    // The clock has requested upkeep, and no worker has taken the request yet.
    await labApi.until(id, ({ state }) => state === 'waiting-upkeep');
    await lab.loseQueues('detect-gaps:*');
    await lab.system.worker();
    await labApi.settled(id, 90_000);
  } finally {
    await lab.close();
  }
}, 180_000);
