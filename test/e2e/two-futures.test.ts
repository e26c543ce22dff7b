/**
 * Two running sessions whose data differ only after their common clock look the same to a strategy (I2): in every route,
 * every call of the client, every step and every event, at each pace. To an operator they differ, which proves that the
 * strategy's view makes them equal.
 *
 * Both clocks wait at the close of the first day, because a repository holds back its answers for the second day.
 * docs/ARCHITECTURE.md lists the invariants, such as I2.
 */
import { type Barkeep, connect, type Step } from '@barkeep/client';
import {
  datasetOf,
  FIRST_CLOSE,
  type Future,
  FUTURE_DATES,
  FUTURE_SYMBOLS,
  FUTURES,
  PAST,
  SECOND_CLOSE,
  SECOND_DATE,
} from '../support/data/futures.js';
import { writeBars } from '../support/data/market.js';
import { GATED, GatedRepository } from '../support/programs/gated-repository.js';
import { MIRROR_READS, READER_READS, SESSION_READS } from '../support/sessions/client-reads.js';
import { withoutWallClock } from '../support/sessions/comparable-events.js';
import { readEach, ROUTE_READS } from '../support/sessions/route-reads.js';
import { Api, type Session } from '../support/system/api.js';
import { TestSystem } from '../support/system/system.js';

let system: TestSystem;
let repository: GatedRepository;
let api: Api;
let barkeep: Barkeep;

beforeAll(async () => {
  repository = await GatedRepository.create(PAST);
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: repository.modulePath });
  for (const future of FUTURES) await writeBars(system.databaseUrl, future, datasetOf(future));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  barkeep = connect({ coordinator: coordinator.url, env: system.environment });
  // A completed session, with which route `difference` compares the others.
  await writeBars(system.databaseUrl, 'past', PAST);
  await api.run({ ...FUTURE_DATES, id: 'past', symbols: FUTURE_SYMBOLS, source: { type: 'dataset', dataset: 'past' } });
  await api.completed('past');
  await repository.holdFrom(SECOND_DATE);
});

afterAll(async () => {
  await barkeep?.close();
  await system?.close();
  await repository?.remove();
});

/**
 * Runs a session over a dataset until its clock waits at the first close and its second day is staged. @returns its id, and
 * the steps that a consumer saw
 */
async function waitingAtClose(future: Future, pace: { mode: string }): Promise<{ id: string; steps: object[] }> {
  const id = `${future}-${pace.mode}`;
  const spec = {
    ...FUTURE_DATES,
    id,
    symbols: FUTURE_SYMBOLS,
    backfill: [GATED],
    pace,
    derivedIntervals: ['5m', '1h'],
  };
  await api.run({ ...spec, source: { type: 'dataset', dataset: future } });
  const steps: object[] = [];
  for await (const step of barkeep.session(id).follow({ consumer: 'walker' })) {
    steps.push(seenIn(step));
    // The next step would belong to the second day.
    if (step.time === FIRST_CLOSE) break;
  }
  const isStaged = ({ clock, frontier, state, waitingFor }: Session) =>
    Date.parse(clock!) === FIRST_CLOSE &&
    Date.parse(frontier!) === SECOND_CLOSE &&
    state === 'waiting-upkeep' &&
    waitingFor !== null;
  await api.until(id, isStaged);
  return { id, steps };
}

/** What a strategy sees in a step. */
function seenIn({ time, bars, mirror }: Step): object {
  return { time, bars: [...bars], closes: FUTURE_SYMBOLS.map((symbol) => [...mirror.closes(symbol, 5, '5m')]) };
}

/** Everything that a strategy can read over HTTP and by the client, by route and member. */
async function readAll(id: string, future: Future): Promise<object> {
  const session = barkeep.session(id);
  const [reader, mirror] = [await session.reader(), await session.mirror()];
  const all = {
    routes: await readEach(ROUTE_READS, { api, id }),
    session: await readEach(SESSION_READS, session),
    reader: await readEach(READER_READS, reader),
    mirror: await readEach(MIRROR_READS, mirror),
  };
  mirror.close();
  return comparable(all, id, future);
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

test('I2 ROUTE_READS has every route of the API', async () => {
  const { paths } = await api.ok<{ paths: Record<string, object> }>('GET', '/docs-json');
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(Object.keys(ROUTE_READS).sort()).toEqual(routes.sort());
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
