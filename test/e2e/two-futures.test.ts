/**
 * Two running sessions whose data differ only after their common clock look the same to a strategy (I2): in every route,
 * every call of the client, every step and every event, at each pace. To an operator they differ, which proves that the
 * strategy's view makes them equal.
 *
 * Both clocks wait at the close of the first day, because a repository holds back its answers for the second day.
 * docs/ARCHITECTURE.md lists the invariants, such as I2.
 */
import type { Bar } from '@barkeep/bars';
import { type Barkeep, type ClientSession, connect, type Mirror, type Step } from '@barkeep/client';
import type { OpenSession } from '@barkeep/session-data';
import { Api, type Session } from '../support/system/api.js';
import {
  comparableEvents,
  slotTotals,
  withoutWallClock,
  type AnyEvent,
} from '../support/sessions/comparable-events.js';
import { EventListener } from '../support/sessions/event-listener.js';
import { GATED, GatedRepository } from '../support/programs/gated-repository.js';
import { marketBars, tradingDays, writeBars, type BarsBySymbol } from '../support/data/market.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DATES = { start: '2013-10-07', end: '2013-10-08' };
const [FIRST, SECOND] = tradingDays(DATES);
/** The close of the first day, at which both clocks wait. */
const CLOSE = FIRST!.segments.at(-1)!.close;
const SECOND_OPEN = SECOND!.segments[0]!.open;
const SECOND_CLOSE = SECOND!.segments.at(-1)!.close;
const MINUTE_MS = 60_000;
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
/** The minutes of the first day that each dataset lacks: every seventeenth of 390. */
const isHole = (minute: number) => minute % 17 === 3;
const HOLES = 23;
/** The datasets: equal on the first day, different on the second. */
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
  barkeep = connect({ coordinator: coordinator.url, env: system.environment });
  // A completed session, with which route `difference` compares the others.
  await writeBars(system.databaseUrl, 'past', past);
  await api.run({ ...DATES, id: 'past', symbols: SYMBOLS, source: { type: 'dataset', dataset: 'past' } });
  await api.completed('past');
  await repository.holdFrom(SECOND!.date);
});

afterAll(async () => {
  await barkeep?.close();
  await system?.close();
  await repository?.remove();
});

/** The bars of a dataset: the same first day, and the second day of one future. */
function source(past: BarsBySymbol, future: Future): BarsBySymbol {
  const secondDay = future === 'one' ? secondDayOfOne(past) : secondDayOfTwo();
  return new Map(
    SYMBOLS.map((symbol) => {
      const firstDay = past.get(symbol)!.filter(({ openTime }, i) => openTime < CLOSE && !isHole(i));
      return [symbol, [...firstDay, ...secondDay(symbol)]];
    }),
  );
}

/** Every nineteenth minute is missing. */
function secondDayOfOne(past: BarsBySymbol): (symbol: string) => Bar[] {
  return (symbol) => afterClose(past, symbol).filter((_, i) => i % 19 !== 0);
}

/** Other bars, every fifth of which is missing, an hour of rows at night, and nothing of CCC. */
function secondDayOfTwo(): (symbol: string) => Bar[] {
  const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 99 });
  return (symbol) => {
    if (symbol === 'CCC') return [];
    const bars = afterClose(market, symbol);
    // Minutes 300 to 359 before the open.
    const night = bars.slice(0, 60).map((bar, i) => ({ ...bar, openTime: SECOND_OPEN - (i + 300) * MINUTE_MS }));
    return [...night, ...bars.filter((_, i) => i % 5 !== 0)];
  };
}

function afterClose(market: BarsBySymbol, symbol: string): Bar[] {
  return market.get(symbol)!.filter(({ openTime }) => openTime >= CLOSE);
}

/**
 * Runs a session over a dataset until its clock waits at the first close and its second day is staged. @returns its id, and
 * the steps that a consumer saw
 */
async function waitingAtClose(future: Future, pace: { mode: string }): Promise<{ id: string; steps: object[] }> {
  const id = `${future}-${pace.mode}`;
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
    Date.parse(frontier!) === SECOND_CLOSE &&
    state === 'waiting-upkeep' &&
    waitingFor !== null;
  await api.until(id, isStaged);
  return { id, steps };
}

/** What a strategy sees in a step. */
function seenIn({ time, bars, mirror }: Step): object {
  return { time, bars: [...bars], closes: SYMBOLS.map((symbol) => [...mirror.closes(symbol, 5, '5m')]) };
}

/** How a strategy reads a route or a member, or a text that says why it learns nothing from it. */
type Read<T> = ((object: T) => unknown) | string;

/** Gets a path under a session with each of the queries, and for each symbol when the path names `{symbol}`. */
function get(path: string, queries = ['']): Read<string> {
  const paths = path.includes('{symbol}') ? SYMBOLS.map((symbol) => path.replace('{symbol}', symbol)) : [path];
  const targets = paths.flatMap((target) => queries.map((query) => `${target}${query}`));
  return (id) => Promise.all(targets.map((target) => api.ok('GET', `/v1/sessions/${id}${target}`)));
}

const INTERVALS = ['1m', '5m', '1h'];
const RANGE = `from=${DATES.start}&to=2013-10-09`;
const SERIES = INTERVALS.flatMap((interval) =>
  ['last=1000', 'last=1000&fill=forward', RANGE].map((query) => `?interval=${interval}&${query}`),
);
const CHANGES = 'changes a session';
const OPERATORS = 'for operators';

/** Every route of the API, with a read of the session that has the given id. */
const ROUTES: Record<string, Read<string>> = {
  'GET /docs': 'describes the API',
  'GET /docs-json': 'describes the API',
  'GET /queues': OPERATORS,
  'GET /metrics': OPERATORS,
  'GET /health/live': OPERATORS,
  'GET /health/ready': OPERATORS,
  'GET /v1/queues': OPERATORS,
  'GET /v1/datasets': OPERATORS,
  'GET /v1/datasets/{name}': OPERATORS,
  'GET /v1/datasets/{name}/coverage': OPERATORS,
  'POST /v1/sessions': CHANGES,
  'DELETE /v1/sessions/{id}': CHANGES,
  'POST /v1/sessions/{id}/start': CHANGES,
  'POST /v1/sessions/{id}/pause': CHANGES,
  'POST /v1/sessions/{id}/resume': CHANGES,
  'POST /v1/sessions/{id}/stop': CHANGES,
  'DELETE /v1/sessions/{id}/consumers/{consumer}': CHANGES,
  'POST /v1/sessions/{id}/symbols/{symbol}': CHANGES,
  'DELETE /v1/sessions/{id}/symbols/{symbol}': CHANGES,
  'POST /v1/sessions/{id}/symbols/{symbol}/bars': CHANGES,
  'POST /v1/sessions/{id}/symbols/{symbol}/end': CHANGES,
  'GET /v1/sessions': async (id) => {
    const { sessions } = await api.ok<{ sessions: Session[] }>('GET', '/v1/sessions?limit=100');
    return sessions.find((session) => session.id === id);
  },
  'GET /v1/sessions/{id}': get(''),
  'POST /v1/sessions/{id}/upkeep': (id) => api.ok('POST', `/v1/sessions/${id}/upkeep`, { dryRun: true }),
  'GET /v1/sessions/{id}/latest': get(
    '/latest',
    INTERVALS.map((interval) => `?symbols=${SYMBOLS.join(',')}&interval=${interval}`),
  ),
  'GET /v1/sessions/{id}/days': get('/days'),
  // Its other fields name keys of the session.
  'GET /v1/sessions/{id}/layout': async (id) => {
    const { days, datasets } = await api.ok<{ days: unknown; datasets: unknown }>('GET', `/v1/sessions/${id}/layout`);
    return { days, datasets };
  },
  'GET /v1/sessions/{id}/difference': get('/difference', ['?with=past']),
  'GET /v1/sessions/{id}/export': get('/export', ['', '?format=ndjson&interval=5m', `?${RANGE}`]),
  'GET /v1/sessions/{id}/digest': get('/digest'),
  'GET /v1/sessions/{id}/certificate': get('/certificate'),
  'GET /v1/sessions/{id}/events': sentEvents,
  'GET /v1/sessions/{id}/symbols/{symbol}/bars': get('/symbols/{symbol}/bars', SERIES),
  'GET /v1/sessions/{id}/symbols/{symbol}/bars/latest': get(
    '/symbols/{symbol}/bars/latest',
    INTERVALS.map((interval) => `?interval=${interval}`),
  ),
  'GET /v1/sessions/{id}/symbols/{symbol}/metrics': get('/symbols/{symbol}/metrics', [
    '',
    `?date=${FIRST!.date}`,
    `?date=${SECOND!.date}`,
  ]),
  'GET /v1/sessions/{id}/symbols/{symbol}/gaps': get('/symbols/{symbol}/gaps'),
};

/** Calls `read` for each symbol and interval. */
function bySeries<T>(read: (symbol: string, interval: string) => T): Promise<Awaited<T>[]> {
  return Promise.all(SYMBOLS.flatMap((symbol) => INTERVALS.map((interval) => read(symbol, interval))));
}

/** Every member of a class of the client. */
type Reads<T> = Record<Exclude<keyof T, 'id'>, Read<T>>;

const SESSION: Reads<ClientSession> = {
  start: CHANGES,
  pause: CHANGES,
  resume: CHANGES,
  stop: CHANGES,
  delete: CHANGES,
  upkeep: CHANGES,
  addSymbol: CHANGES,
  removeSymbol: CHANGES,
  removeConsumer: CHANGES,
  registerStream: CHANGES,
  reader: 'is read by READER',
  mirror: 'is read by MIRROR',
  follow: 'its steps are compared separately',
  completed: 'waits for the end',
  status: (session) => session.status(),
  metrics: (session) => Promise.all(SYMBOLS.map((symbol) => session.metrics(symbol, { date: SECOND!.date }))),
  allMetrics: (session) => session.allMetrics(),
  gaps: (session) => Promise.all(SYMBOLS.map((symbol) => session.gaps(symbol))),
  digest: (session) => session.digest(),
  certificate: (session) => session.certificate(),
  consumers: async (session) =>
    (await session.consumers()).map(({ name, time, steps, bars }) => ({ name, time, steps, bars })),
  events: (session) => readEvents(session),
};

const READER: Reads<OpenSession> = {
  view: (reader) => reader.view,
  layout: (reader) => reader.layout.days,
  refresh: (reader) => reader.refresh(),
  checkRead: (reader) => reader.checkRead(),
  position: (reader) => reader.position(),
  clock: (reader) => reader.clock(),
  moment: (reader) => reader.moment(),
  activeSymbols: (reader) => reader.activeSymbols(),
  latestBar: (reader) => bySeries((symbol, interval) => reader.latestBar(symbol, interval)),
  latestBars: async (reader) => [...(await reader.latestBars(SYMBOLS, '5m', { fill: 'forward' }))],
  lastBars: (reader) => bySeries((symbol, interval) => reader.lastBars(symbol, interval, 1000)),
  barsBetween: (reader) => bySeries((symbol, interval) => reader.barsBetween(symbol, interval, 0, Infinity)),
  barsSince: (reader) => bySeries((symbol, interval) => reader.barsSince(symbol, interval, 0)),
  allBars: async (reader) => {
    const parts = [];
    for await (const part of reader.allBars({ symbols: SYMBOLS, interval: '5m' })) parts.push(part);
    return parts;
  },
  barCount: (reader) => bySeries((symbol, interval) => reader.barCount(symbol, interval)),
  history: (reader) => reader.history(),
  metrics: (reader) => Promise.all(SYMBOLS.map((symbol) => reader.metrics(symbol))),
  dayCounts: (reader) => reader.dayCounts({}),
  emptySlots: (reader) => reader.emptySlots({ view: 'strategy' }),
  outsideRows: (reader) => reader.outsideRows(),
  gaps: (reader) => Promise.all(SYMBOLS.map((symbol) => reader.gaps(symbol))),
  digest: (reader) => reader.digest(),
  certificate: (reader) => reader.certificate(),
};

const MIRROR: Reads<Mirror> = {
  update: (mirror) => mirror.update(),
  waitFor: (mirror) => mirror.waitFor(CLOSE),
  onChange: 'has no content',
  close: 'has no content',
  clock: (mirror) => mirror.clock,
  layout: (mirror) => mirror.layout.days,
  symbols: (mirror) => mirror.symbols,
  derivedBy: (mirror) => mirror.derivedBy,
  latestBar: (mirror) => bySeries((symbol, interval) => mirror.latestBar(symbol, interval)),
  lastBars: (mirror) => bySeries((symbol, interval) => mirror.lastBars(symbol, 1000, interval)),
  closes: (mirror) => bySeries((symbol, interval) => [...mirror.closes(symbol, 1000, interval)]),
  barCount: (mirror) => bySeries((symbol, interval) => mirror.barCount(symbol, interval)),
  barQuality: (mirror) => SYMBOLS.map((symbol) => mirror.barQuality(symbol)),
};

/** Everything that a strategy can read over HTTP and by the client, by route and member. */
async function readAll(id: string, future: Future): Promise<object> {
  const session = barkeep.session(id);
  const [reader, mirror] = [await session.reader(), await session.mirror()];
  const all = {
    routes: await readEach(ROUTES, id),
    session: await readEach(SESSION, session),
    reader: await readEach(READER, reader),
    mirror: await readEach(MIRROR, mirror),
  };
  mirror.close();
  return comparable(all, id, future);
}

async function readEach<T>(reads: Record<string, Read<T>>, object: T): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(reads)) {
    results[name] = typeof read === 'string' ? read : await read(object);
  }
  return results;
}

/** The events up to the first close from the stream of server-sent events, as {@link comparableEvents}. */
async function sentEvents(id: string): Promise<object[]> {
  const listener = await EventListener.connect(coordinator.url, `/v1/sessions/${id}/events?from=beginning`);
  const events = () => listener.events.map(({ type, data }): AnyEvent => ({ ...data, type }));
  await listener.until(() => areOfWholeDay(events()));
  listener.close();
  return comparableEvents(events(), CLOSE);
}

/** The events up to the first close from the client, as {@link comparableEvents}. */
async function readEvents(session: ClientSession): Promise<object[]> {
  const events: AnyEvent[] = [];
  for await (const event of session.events({ from: 'beginning' })) {
    events.push(event);
    if (areOfWholeDay(events)) break;
  }
  return comparableEvents(events, CLOSE);
}

/** Whether the events include the close, the quality, a derived bar and all repaired slots of the first day. */
function areOfWholeDay(events: readonly AnyEvent[]): boolean {
  const types = new Set(events.map(({ type }) => type));
  let filledSlots = 0;
  for (const [key, slots] of slotTotals(events)) if (key.startsWith('gap-filled ')) filledSlots += slots;
  const hasDay = types.has('day-closed') && types.has('quality') && types.has('derived');
  return hasDay && filledSlots === HOLES * SYMBOLS.length;
}

/** A value {@link withoutWallClock}, and with the same names of session and dataset for both futures. */
function comparable(value: object, id: string, future: Future): object {
  const text = JSON.stringify(withoutWallClock(value), (key, inner: unknown) => {
    if (inner === id) return 'the session';
    const namesSource = key === 'dataset' || key === '0'; // a field, or the first in a list of datasets
    return namesSource && inner === future ? 'the dataset' : inner;
  });
  return JSON.parse(text) as object;
}

test('I2 the list of routes above has every route of the API', async () => {
  const { paths } = await api.ok<{ paths: Record<string, object> }>('GET', '/docs-json');
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(Object.keys(ROUTES).sort()).toEqual(routes.sort());
});

test.each([
  ['max', { mode: 'max' }],
  ['a clock', { mode: 'clock', speed: 60_000 }],
  ['lockstep', { mode: 'lockstep' }],
])('I2 at the pace of %s a strategy cannot tell two futures apart', async (_, pace) => {
  const one = await waitingAtClose('one', pace);
  const two = await waitingAtClose('two', pace);
  expect(two.steps).toEqual(one.steps);
  expect(one.steps).toHaveLength(390);
  expect(await readAll(two.id, 'two')).toEqual(await readAll(one.id, 'one'));
  // An operator sees that the staged second day differs.
  const seenByOperator = async (id: string, future: Future, path: string) =>
    comparable(await api.ok('GET', `/v1/sessions/${id}${path}?view=operator`), id, future);
  for (const path of ['', '/days', '/digest', '/symbols/AAA/metrics', '/symbols/CCC/gaps']) {
    expect(await seenByOperator(two.id, 'two', path)).not.toEqual(await seenByOperator(one.id, 'one', path));
  }
});
