/** A session's events over HTTP, with real processes: no event is lost or sent twice, however a connection ends. */
import { Api } from '../support/system/api.js';
import { DisturbedSystem } from '../support/system/disturbed-system.js';
import { EventListener, type SentEvent } from '../support/sessions/event-listener.js';
import type { SystemProcess } from '../support/system/system.js';

/** Each session of the lab has this number of days. */
const TRADING_DAYS = 12;

let lab: DisturbedSystem;
let coordinator: SystemProcess;
let api: Api;

beforeAll(async () => {
  lab = await DisturbedSystem.create();
  coordinator = await lab.system.coordinator();
  await lab.system.worker();
  api = new Api(coordinator.url);
});
afterAll(() => lab.close());

const path = (id: string, query = '') => `/v1/sessions/${id}/events${query}`;
const isState = (state: string) => (event: SentEvent) => event.type === 'state' && event.data['state'] === state;
/** The events up to the completion. Others may follow it, and one listener may have more of them than another. */
const upToCompleted = (events: readonly SentEvent[]) => events.slice(0, events.findIndex(isState('completed')) + 1);

test('a listener that reconnects after the coordinator was killed has received every event once', async () => {
  await lab.repository.holdFrom(lab.day(4));
  await api.ok('POST', '/v1/sessions', lab.spec('reconnected'));
  const first = await EventListener.connect(coordinator.url, path('reconnected'));
  await api.ok('POST', '/v1/sessions/reconnected/start');
  await first.until(({ type, data }) => type === 'day-closed' && data['date'] === lab.day(3));
  await coordinator.signal('SIGKILL');
  await first.ended;

  coordinator = await lab.system.coordinator();
  api = new Api(coordinator.url);
  await lab.repository.open();
  const second = await EventListener.connect(coordinator.url, path('reconnected'), first.lastEventId);
  await second.until(isState('completed'));
  await api.settled('reconnected');
  const all = await EventListener.connect(coordinator.url, path('reconnected', '?from=beginning'));
  await all.until(isState('completed'));
  const received = upToCompleted([...first.events, ...second.events]);
  expect(received).toEqual(upToCompleted(all.events));
  expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);

  const closedDates = received.filter(({ type }) => type === 'day-closed').map(({ data }) => data['date']);
  expect(closedDates).toEqual(Array.from({ length: TRADING_DAYS }, (_, day) => lab.day(day)));
  const types = new Set(received.map(({ type }) => type));
  for (const type of ['clock', 'gap-found', 'gap-filled', 'gap-settled', 'derived', 'quality', 'state']) {
    expect(types).toContain(type);
  }
  // `gap` would mean that the server no longer has some events.
  expect(types).not.toContain('gap');

  const { counts } = await api.session('reconnected');
  const fills = received.filter(({ type }) => type === 'gap-filled');
  const filledBars = fills.flatMap(({ data }) => Object.values(data['symbols'] as Record<string, number>));
  expect(filledBars.reduce((sum, bars) => sum + bars, 0)).toBe(counts.backfilled);
  all.close();
  second.close();
});

test('100 listeners get the same events, and one with `types` only those types', async () => {
  await lab.repository.open();
  await api.ok('POST', '/v1/sessions', lab.spec('many-listeners'));
  const listeners = await Promise.all(
    Array.from({ length: 100 }, () => EventListener.connect(coordinator.url, path('many-listeners'))),
  );
  const ofTwoTypes = await EventListener.connect(coordinator.url, path('many-listeners', '?types=state,day-closed'));
  await api.ok('POST', '/v1/sessions/many-listeners/start');
  await Promise.all([...listeners, ofTwoTypes].map((listener) => listener.until(isState('completed'))));
  const expected = upToCompleted(listeners[0]!.events);
  for (const { events } of listeners) expect(upToCompleted(events)).toEqual(expected);
  const expectedOfTypes = expected.filter(({ type }) => type === 'state' || type === 'day-closed');
  expect(upToCompleted(ofTwoTypes.events)).toEqual(expectedOfTypes);
  for (const listener of [...listeners, ofTwoTypes]) listener.close();
});

test('a deleted session emits `deleted` once, ends its streams, and has no events afterwards', async () => {
  await lab.repository.holdFrom(lab.day(2));
  await api.run(lab.spec('deleted'));
  await api.until('deleted', ({ clock }) => clock !== null && clock.slice(0, 10) >= lab.day(1));
  const listener = await EventListener.connect(coordinator.url, path('deleted'));
  await api.ok('POST', '/v1/sessions/deleted/pause');
  await listener.until(isState('paused'));
  await api.ok('POST', '/v1/sessions/deleted/resume');
  await listener.until(isState('running'));
  await api.ok('DELETE', '/v1/sessions/deleted');
  await listener.ended;
  expect(listener.events.at(-1)).toMatchObject({ type: 'state', data: { state: 'deleted' } });
  expect(listener.events.filter(isState('deleted'))).toHaveLength(1);

  expect((await api.call('GET', path('deleted'))).status).toBe(404);
});

test('an unknown type, start, parameter or event id is refused', async () => {
  await api.ok('POST', '/v1/sessions', lab.spec('refused'));
  for (const query of ['?types=unknown', '?from=yesterday', '?unknown=now']) {
    expect((await api.call('GET', path('refused', query))).status).toBe(400);
  }
  const withUnknownId = new Api(coordinator.url, { 'last-event-id': 'nowhere' });
  expect(await withUnknownId.call('GET', path('refused'))).toMatchObject({ status: 400 });
});

// The last test, because it ends the coordinator.
test('a coordinator that is terminated ends its streams within 10 s', async () => {
  await api.ok('POST', '/v1/sessions', lab.spec('stopped'));
  const listener = await EventListener.connect(coordinator.url, path('stopped'));
  const stoppedAt = Date.now();
  expect(await coordinator.signal('SIGTERM')).toBe(0);
  expect(Date.now() - stoppedAt).toBeLessThan(10_000);
  await listener.ended;
});
