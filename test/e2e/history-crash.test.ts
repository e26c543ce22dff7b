/**
 * A session that still streams its history: what readers see before its first day, and that crashes during the history
 * and after it change nothing (I1).
 */
import { Redis } from 'ioredis';
import { Api } from '../support/system/api.js';
import { GATED, GatedRepository } from '../support/programs/gated-repository.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { processOf } from '../support/system/disturbed-system.js';
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
const HISTORY_END = '2013-10-07T20:00:00.000Z';
/** One bar for each minute of the five days of history. */
const HISTORY_BARS = { AAA: 1950, BBB: 1950, CCC: 1950 };

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
  const keys: string[] = [];
  for await (const found of redis.scanStream({ match: `${system.sessionPrefix}:*`, count: 1_000 }))
    keys.push(...(found as string[]));
  if (keys.length > 0) await redis.unlink(...keys);
  redis.disconnect();
});

/** The process that streams a session. */
async function ownerOf(id: string): Promise<SystemProcess> {
  // An owner is `HOST:PID:START`.
  const owner = await redis.hget(`${system.sessionPrefix}:{${id}:0}:meta`, 'owner');
  return processOf(coordinators, Number(owner?.split(':').at(-2)));
}

it('I2 has its complete history, repaired and derived, before the first bar after it is visible', async () => {
  await repository.holdFrom('2013-10-08');
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

it('I1 ends with the same bytes when the coordinator is killed during the history', async () => {
  await repository.holdFrom('2013-10-03');
  const id = await api().run({ ...SPEC, id: 'killed' });
  await repository.asked(({ date }) => date === '2013-10-03');
  // In the history the clock moves from close to close.
  await api().until(id, ({ clock }) => clock === '2013-10-02T20:00:00.000Z');
  expect((await api().session(id)).history).toMatchObject({ days: 5, bars: null });
  const owner = await ownerOf(id);
  await owner.signal('SIGKILL');
  coordinators = coordinators.filter((other) => other !== owner);
  await repository.open();
  const { history } = await api().settled(id);
  expect(history?.bars).toEqual(HISTORY_BARS);
  expect(await api().digest(id)).toBe(reference);
  coordinators.push(await system.coordinator());
});

it('I1 ends with the same bytes when the coordinator is killed after retained days were removed', async () => {
  await repository.holdFrom('2013-10-11');
  const id = await api().run({ ...SPEC, id: 'killed-late' });
  await repository.asked(({ date }) => date === '2013-10-11');
  await (await ownerOf(id)).signal('SIGKILL');
  coordinators = coordinators.filter(({ child }) => child.signalCode === null);
  await repository.open();
  await api().settled(id);
  expect(await api().digest(id)).toBe(reference);
  // A chunk's key ends with its date.
  const dates = new Set((await redis.keys(`${system.sessionPrefix}:{${id}:0}:chunk:*`)).map((key) => key.slice(-10)));
  expect([...dates].sort()).toEqual(['2013-10-07', '2013-10-08', '2013-10-09', '2013-10-10', '2013-10-11']);
});
