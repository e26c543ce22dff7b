/**
 * I2: two running sessions whose data differ only after their common clock look the same to a strategy: in every route,
 * every call of the client, every step and every event, at each pace. To an operator they differ, which shows that the
 * strategy's view makes them equal.
 *
 * Both clocks stand at the close of the first day, because a repository holds back the answers for the second day.
 */
import { type Barkeep, connect, type Step } from '@barkeep/client';
import { Api, type Session } from '../support/api.js';
import { EventListener } from '../support/event-listener.js';
import { GATED, GatedRepository } from '../support/gated-repository.js';
import { marketBars, tradingDays, writeBars, type BarsBySymbol } from '../support/market.js';
import { TestSystem, type SystemProcess } from '../support/system.js';

const DATES = { start: '2013-10-07', end: '2013-10-08' };
const [FIRST, SECOND] = tradingDays(DATES);
const CLOSE = FIRST!.segments.at(-1)!.close;
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
/** Number of slots of each symbol that the source lacks on the first day: every seventeenth. */
const HOLES = 23;
const FUTURES = ['one', 'two'] as const;
type Future = (typeof FUTURES)[number];

let system: TestSystem;
let repository: GatedRepository;
let coordinator: SystemProcess;
let api: Api;
let barkeep: Barkeep;

beforeAll(async () => {
  const past = marketBars({ ...DATES, symbols: SYMBOLS, seed: 11 });
  repository = await GatedRepository.create(past);
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: repository.modulePath });
  for (const future of FUTURES) await writeBars(system.databaseUrl, future, source(past, future));
  [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  const { SESSION_REDIS_URL: redis, BARKEEP_SESSION_PREFIX: keyPrefix } = system.environment;
  barkeep = connect({ coordinator: coordinator.url, redis, keyPrefix });
  await repository.holdFrom(SECOND!.date);
});

afterAll(async () => {
  await barkeep?.close();
  await system?.close();
  await repository?.remove();
});

/** Equal on the first day. On the second, `two` has other bars, other holes, rows at night, and nothing of CCC. */
function source(past: BarsBySymbol, future: Future): BarsBySymbol {
  const other = marketBars({ ...DATES, symbols: SYMBOLS, seed: 99 });
  return new Map(
    SYMBOLS.map((symbol) => {
      const before = past.get(symbol)!.filter(({ openTime }, i) => openTime < CLOSE && i % 17 !== 3);
      const after = (future === 'one' ? past : other).get(symbol)!.filter(({ openTime }) => openTime >= CLOSE);
      const holed = after.filter((_, i) => i % (future === 'one' ? 19 : 5) !== 0);
      const night = after
        .slice(0, 60)
        .map((bar, i) => ({ ...bar, openTime: SECOND!.segments[0]!.open - (i + 300) * 60_000 }));
      if (future === 'one') return [symbol, [...before, ...holed]];
      return [symbol, symbol === 'CCC' ? before : [...before, ...night, ...holed]];
    }),
  );
}

/** Runs a session of a future until its clock stands and its second day is staged. @returns what a consumer saw until then */
async function standing(future: Future, pace: object): Promise<{ id: string; steps: object[] }> {
  const id = `${future}-${(pace as { mode: string }).mode}`;
  const spec = { ...DATES, id, symbols: SYMBOLS, backfill: [GATED], pace, derivedIntervals: ['5m', '1h'] };
  await api.run({ ...spec, source: { type: 'dataset', dataset: future } });
  const steps: object[] = [];
  for await (const step of barkeep.session(id).follow({ consumer: 'walker' })) {
    steps.push(seenIn(step));
    // The next step would belong to the second day.
    if (step.time === CLOSE) break;
  }
  const isStaged = ({ clock, frontier, state, waitingFor }: Session) =>
    Date.parse(clock!) === CLOSE &&
    Date.parse(frontier!) === SECOND!.segments.at(-1)!.close &&
    state === 'waiting-upkeep' &&
    waitingFor !== null;
  await api.until(id, isStaged);
  return { id, steps };
}

function seenIn({ time, bars, mirror }: Step): object {
  return { time, bars: [...bars], closes: SYMBOLS.map((symbol) => [...mirror.closes(symbol, 5, '5m')]) };
}

/** Everything that a strategy can ask over HTTP and by the client. */
async function seen(id: string, future: Future): Promise<object> {
  const session = barkeep.session(id);
  const reader = await session.reader();
  const mirror = await session.mirror();
  const get = (path: string) => api.ok('GET', `/v1/sessions/${id}${path}`);
  const bySymbol: object[] = [];
  for (const symbol of SYMBOLS) {
    const at = `/symbols/${symbol}`;
    const intervals = ['1m', '5m', '1h'].map(async (interval) => ({
      http: await get(`${at}/bars?interval=${interval}&last=1000`),
      whole: await get(`${at}/bars?interval=${interval}&from=${DATES.start}&to=2013-10-09`),
      forward: await get(`${at}/bars?interval=${interval}&last=1000&fill=forward`),
      latest: await get(`${at}/bars/latest?interval=${interval}`),
      reader: await reader.lastBars(symbol, interval, 1000),
      count: await reader.barCount(symbol, interval),
      mirror: mirror.lastBars(symbol, 1000, interval),
    }));
    bySymbol.push({
      bars: await Promise.all(intervals),
      metrics: [await get(`${at}/metrics`), await session.metrics(symbol), await reader.metrics(symbol)],
      ofDay: await get(`${at}/metrics?date=${FIRST!.date}`),
      gaps: [await get(`${at}/gaps`), await session.gaps(symbol), await reader.gaps(symbol)],
      quality: mirror.barQuality(symbol),
    });
  }
  mirror.close();
  const all = {
    bySymbol,
    session: await get(''),
    listed: (await api.ok<{ sessions: Session[] }>('GET', '/v1/sessions?limit=100')).sessions.find(
      (one) => one.id === id,
    ),
    latest: await get(`/latest?symbols=${SYMBOLS.join(',')}`),
    days: await get('/days'),
    layout: (await api.ok<{ days: unknown }>('GET', `/v1/sessions/${id}/layout`)).days,
    exported: [await get('/export'), await get('/export?format=ndjson&interval=5m')],
    plan: await api.ok('POST', `/v1/sessions/${id}/upkeep`, { dryRun: true }),
    digest: [await get('/digest'), await session.digest(), await reader.digest()],
    certificate: [await get('/certificate'), await session.certificate(), await reader.certificate()],
    position: await reader.position(),
    consumers: (await session.consumers()).map(({ name, time, steps, bars }) => ({ name, time, steps, bars })),
    sent: await sentEvents(id),
    read: await readEvents(id),
  };
  return plain(all, id, future);
}

/**
 * The events of the first day, sorted, because workers emit those of one day in any order. Leaves out states and
 * consumers, which depend on the wall clock.
 */
async function sentEvents(id: string): Promise<object[]> {
  const listener = await EventListener.connect(coordinator.url, `/v1/sessions/${id}/events?from=beginning`);
  const all = () => listener.events.map(({ type, data }) => ({ ...data, type }));
  await listener.until(() => isWholeDay(all()));
  listener.close();
  return sorted(all());
}

async function readEvents(id: string): Promise<object[]> {
  const events: { type: string }[] = [];
  for await (const event of barkeep.session(id).events({ from: 'beginning' })) {
    events.push(event);
    if (isWholeDay(events)) break;
  }
  return sorted(events);
}

/** Whether the first day's close, its quality and all its repaired gaps are among the events. */
function isWholeDay(events: readonly { type: string }[]): boolean {
  const types = new Set(events.map(({ type }) => type));
  const repaired = sorted(events).filter((entry) => Array.isArray(entry) && String(entry[0]).startsWith('gap-filled'));
  const slots = repaired.reduce((sum, entry) => sum + Number((entry as unknown[])[1]), 0);
  return types.has('day-closed') && types.has('quality') && types.has('derived') && slots === HOLES * SYMBOLS.length;
}

/**
 * Sums of the gap events by type, date and symbol, because the part that one event covers depends on when a worker
 * reads.
 */
function sorted(events: readonly { type: string }[]): object[] {
  const totals = new Map<string, number>();
  const others = new Set<string>();
  for (const event of events.filter(({ type }) => type !== 'state' && !type.startsWith('consumer-'))) {
    const { type, date, symbols, time } = event as { type: string; date?: string; symbols?: unknown; time?: unknown };
    // How far one move of the clock goes depends on when the coordinator reads the limit.
    if (type === 'clock' && new Date(time as number | string).getTime() < CLOSE) continue;
    if (typeof symbols === 'object' && symbols !== null && !Array.isArray(symbols)) {
      for (const [symbol, slots] of Object.entries(symbols)) {
        const key = `${type} ${date} ${symbol}`;
        totals.set(key, (totals.get(key) ?? 0) + Number(slots));
      }
    } else if (Array.isArray(symbols)) for (const symbol of symbols) others.add(JSON.stringify([type, date, symbol]));
    else others.add(JSON.stringify(plain(event, '', 'one')));
  }
  return [...[...others].sort().map((text) => JSON.parse(text) as object), ...[...totals].sort()];
}

/** Fields that may differ: names of session and dataset, and values of the wall clock or random numbers. */
const OF_THE_WALL_CLOCK = new Set([
  'at',
  'createdAt',
  'updatedAt',
  'storedAt',
  'seenAt',
  'since',
  'waitedMs',
  'cursor',
  'pace',
]);

function plain(value: object, id: string, future: Future): object {
  const text = JSON.stringify(value, (key, inner: unknown) => {
    if (OF_THE_WALL_CLOCK.has(key)) return undefined;
    if (inner === id && id !== '') return 'the session';
    if (inner === future && (key === 'dataset' || key === '0')) return 'the dataset';
    return inner;
  });
  return JSON.parse(text) as object;
}

test.each([
  ['max', { mode: 'max' }],
  ['a clock', { mode: 'clock', speed: 60_000 }],
  ['lockstep', { mode: 'lockstep' }],
])('I2 at the pace of %s a strategy cannot tell two futures apart', async (_, pace) => {
  const [one, two] = [await standing('one', pace), await standing('two', pace)];
  expect(two.steps).toEqual(one.steps);
  expect(one.steps).toHaveLength(390);
  expect(await seen(two.id, 'two')).toEqual(await seen(one.id, 'one'));
  // An operator sees the difference: the second day is staged and differs.
  for (const path of ['', '/days', '/digest', '/symbols/AAA/metrics', '/symbols/CCC/gaps']) {
    const [a, b] = await Promise.all(
      [one, two].map(async ({ id }, i) =>
        plain(await api.ok('GET', `/v1/sessions/${id}${path}?view=operator`), id, FUTURES[i]!),
      ),
    );
    expect(a).not.toEqual(b);
  }
});
