/**
 * The history of a session is complete before its first bar is visible (I2). A crash of the coordinator during the history
 * or after it changes no stored byte (I1).
 * docs/ARCHITECTURE.md lists the invariants, such as I2.
 */
import { Redis } from 'ioredis';
import { Api } from '../support/system/api.js';
import { GATED, GatedRepository } from '../support/programs/gated-repository.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { removeKeys } from '../support/sessions/remove-keys.js';
import { ownerOf } from '../support/system/owner.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DATES = { start: '2013-10-01', end: '2013-10-11' };
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const SPEC = {
  symbols: SYMBOLS,
  start: '2013-10-08',
  end: DATES.end,
  derivedIntervals: ['5m', '1d'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: [GATED],
  history: { trailingDays: 5, retainDays: 5 },
  upkeep: { barrier: { minutes: 30 } },
};
/** The five days of history are 1, 2, 3, 4 and 7 October. Each symbol has a bar in each of their minutes. */
const HISTORY_END = '2013-10-07T20:00:00.000Z';
const HISTORY_BARS = { AAA: 5 * 390, BBB: 5 * 390, CCC: 5 * 390 };

let system: TestSystem;
let repository: GatedRepository;
let coordinators: SystemProcess[];
/** Digest of an undisturbed session. */
let reference: string;
const redis = new Redis(process.env['SESSION_REDIS_URL']!);
const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 11 });
const api = () => new Api(coordinators[0]!.url);

beforeAll(async () => {
  repository = await GatedRepository.create(market);
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: repository.modulePath });
  await writeBars(system.databaseUrl, 'stream', holey(market, 0.03, 12));
  coordinators = await Promise.all([system.coordinator(), system.coordinator()]);
  await Promise.all([system.worker(), system.worker()]);
  await api().run({ ...SPEC, id: 'reference' });
  await api().settled('reference');
  reference = await api().digest('reference');
});

afterAll(async () => {
  await system?.close();
  await repository?.remove();
  await removeKeys(redis, `${system.sessionPrefix}:`);
  redis.disconnect();
});

/** Kills the coordinator that streams a session. */
async function killOwner(id: string): Promise<void> {
  const owner = await ownerOf(system, coordinators, id);
  await owner.signal('SIGKILL');
  coordinators = coordinators.filter((other) => other !== owner);
}

it('I2 a session has its complete history, repaired and derived, before any later bar is visible', async () => {
  // From this date on the repository holds its answers back until open().
  await repository.holdFrom(SPEC.start);
  const id = await api().run({ ...SPEC, id: 'before' });
  const session = await api().until(id, ({ clock, history }) => clock === HISTORY_END && history?.bars !== null);
  expect(session).toMatchObject({ progress: 0, history: { days: 5, bars: HISTORY_BARS } });
  for (const symbol of SYMBOLS) {
    const bars = await api().bars(id, symbol, 'interval=1m&last=10000');
    const expected = market.get(symbol)!.filter(({ openTime }) => openTime < Date.parse(HISTORY_END));
    expect(bars.map(({ openTime, close }) => ({ openTime: Date.parse(openTime), close }))).toEqual(
      expected.map(({ openTime, close }) => ({ openTime, close })),
    );
    expect(await api().bars(id, symbol, 'interval=1d&last=10')).toHaveLength(5);
  }
  const barsOfAaa = await api().bars(id, 'AAA', 'interval=1m&last=10000');
  expect(new Set(barsOfAaa.map(({ origin }) => origin))).toEqual(new Set(['historical', 'backfilled']));

  await repository.open();
  await api().settled(id);
  expect(await api().digest(id)).toBe(reference);
});

it('I1 a session ends with the same bytes when the coordinator is killed during the history', async () => {
  const thirdDay = '2013-10-03';
  await repository.holdFrom(thirdDay);
  const id = await api().run({ ...SPEC, id: 'killed' });
  await repository.asked(({ date }) => date === thirdDay);
  // In the history the clock moves from close to close. This is the second day's.
  await api().until(id, ({ clock }) => clock === '2013-10-02T20:00:00.000Z');
  expect((await api().session(id)).history).toMatchObject({ days: 5, bars: null }); // null: not complete yet
  await killOwner(id);
  await repository.open();
  const { history } = await api().settled(id);
  expect(history?.bars).toEqual(HISTORY_BARS);
  expect(await api().digest(id)).toBe(reference);
  coordinators.push(await system.coordinator());
});

it('I1 a session ends with the same bytes when the coordinator is killed after old days were removed', async () => {
  await repository.holdFrom(DATES.end);
  const id = await api().run({ ...SPEC, id: 'killed-late' });
  await repository.asked(({ date }) => date === DATES.end);
  await killOwner(id);
  await repository.open();
  await api().settled(id);
  expect(await api().digest(id)).toBe(reference);
  const chunkKeys = await redis.keys(`${system.sessionPrefix}:{${id}:0}:chunk:*`);
  const dates = new Set(chunkKeys.map((key) => key.slice(-'YYYY-MM-DD'.length)));
  expect([...dates].sort()).toEqual(['2013-10-07', '2013-10-08', '2013-10-09', '2013-10-10', '2013-10-11']);
});
