/**
 * The client library against a real system: control, reading, feeding through outages, events, and the class of each
 * error.
 */
import {
  ApiProblemError,
  ClientClosedError,
  connect,
  InvalidInputError,
  SessionEndedError,
  SessionLostError,
  SessionNotFoundError,
  WrongStateError,
  type Barkeep,
  type SessionMoment,
} from '@barkeep/client';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const SYMBOLS = ['AAA', 'BBB'];
const DATES = { start: '2024-03-04', end: '2024-03-05' };
/** Slots of one symbol on a day, and on both days. */
const DAY_SLOTS = 390;
const SLOTS = 2 * DAY_SLOTS;
const market = marketBars({ symbols: SYMBOLS, ...DATES, seed: 3 });
const SPEC = {
  symbols: SYMBOLS,
  ...DATES,
  derivedIntervals: ['5m'],
  source: { type: 'dataset', dataset: 'whole' },
} as const;
const FED = { ...SPEC, source: { type: 'feed' } } as const;
/** A day takes 390 s, much longer than a test. */
const SLOW_PACE = { mode: 'clock', speed: 60 } as const;

let system: TestSystem;
let coordinator: SystemProcess;
let barkeep: Barkeep;
beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'whole', market);
  [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  barkeep = connect({ coordinator: coordinator.url, keyPrefix: system.sessionPrefix });
});
afterAll(async () => {
  await barkeep?.close();
  await system?.close();
});

describe('a session', () => {
  it('is created, run to its end and read', async () => {
    const session = await barkeep.createSession({ ...SPEC, id: 'whole' }, { start: true });
    const status = await session.completed();
    expect(status).toMatchObject({ id: 'whole', state: 'completed', progress: 1, symbols: SYMBOLS });
    const reader = await session.reader();
    expect(await reader.latestBar('AAA')).toMatchObject(market.get('AAA')!.at(-1)!);
    expect(await session.metrics('AAA')).toMatchObject({ barQuality: 100, filled: SLOTS, gapCount: 0 });
    expect((await session.allMetrics()).map(({ symbol }) => symbol)).toEqual(SYMBOLS);
    expect(await session.gaps('BBB')).toEqual([]);
    expect((await session.digest()).bars).toBe(2 * SLOTS);
    const { days, complete } = await session.certificate();
    expect(days.map(({ date }) => date)).toEqual(['2024-03-04', '2024-03-05']);
    expect(complete).toBe(true);
    expect((await barkeep.sessions()).map(({ id }) => id)).toContain('whole');
    const mirror = await session.mirror();
    expect(mirror.barCount('AAA')).toBe(SLOTS);
    mirror.close();
  });

  it('is paused, resumed, stopped and deleted', async () => {
    const session = await barkeep.createSession({ ...SPEC, id: 'steered', pace: SLOW_PACE });
    expect(await session.start()).toMatchObject({ state: 'running' });
    expect(await session.pause()).toMatchObject({ state: 'paused' });
    expect(await session.resume()).toMatchObject({ state: 'running' });
    const rejection = expect(session.completed()).rejects.toThrow(SessionEndedError);
    await session.stop();
    await rejection;
    await session.delete();
    await expect(session.status()).rejects.toThrow(SessionNotFoundError);
  });

  it('is started and deleted, and loses a symbol and a consumer, also when the first answer is lost', async () => {
    const gate = await tcpGate(coordinator.url, 80);
    const client = connect({ coordinator: gate.url, keyPrefix: system.sessionPrefix });
    try {
      const session = await client.createSession({ ...SPEC, id: 'removed' });
      gate.freezeAfter(10); // within the first line of the answer
      const started = session.start();
      await barkeep.session('removed').completed();
      gate.thaw();
      await gate.cut('reset');
      expect(await started).toMatchObject({ state: 'completed' });
      await session.follow({ consumer: 'one' }).next();
      const removals = [() => session.removeSymbol('BBB'), () => session.removeConsumer('one'), () => session.delete()];
      for (const remove of removals) {
        gate.cutAfter(10);
        await remove();
      }
      await expect(session.delete()).rejects.toThrow(SessionNotFoundError); // no answer was lost
    } finally {
      await client.close();
      await gate.shut();
    }
  });

  it('emits events, which can be read again from any cursor', async () => {
    const seen: SessionMoment[] = [];
    const session = barkeep.session('whole');
    for await (const moment of session.events({ from: 'beginning', types: ['day-closed', 'state'] })) {
      seen.push(moment);
      if (moment.type === 'state' && moment.state === 'completed') break;
    }
    expect(seen.filter(({ type }) => type === 'day-closed')).toMatchObject([
      { date: '2024-03-04', symbols: 2, filled: SLOTS },
      { date: '2024-03-05', symbols: 2, filled: SLOTS },
    ]);
    const [first, ...rest] = seen;
    const again: SessionMoment[] = [];
    for await (const moment of session.events({ from: first!.cursor, types: ['day-closed', 'state'] })) {
      again.push(moment);
      if (again.length === rest.length) break;
    }
    expect(again).toEqual(rest);
  });

  it('ends the loops over its events when it is deleted', async () => {
    const session = await barkeep.createSession({ ...SPEC, id: 'short' }, { start: true });
    await session.completed();
    const events = session.events({ from: 'beginning', types: ['day-closed'] });
    for (let day = 0; day < 2; day++) expect((await events.next()).done).toBe(false);
    const end = events.next();
    await session.delete();
    expect(await end).toEqual({ done: true, value: undefined });
  });
});

describe('feeding', () => {
  it('stores the same bars as a session of the dataset, although the coordinator is killed', async () => {
    const session = await barkeep.createSession({ ...FED, id: 'fed' }, { start: true });
    const [a, b] = SYMBOLS.map((symbol) => session.registerStream(symbol));
    const [barsOfA, barsOfB] = SYMBOLS.map((symbol) => market.get(symbol)!);
    const half = SLOTS / 2;
    await Promise.all([a!.feed(barsOfA!.slice(0, half)), b!.feed(barsOfB!.slice(0, half))]);
    await coordinator.signal('SIGKILL');
    // Both streams send all bars from the first one again, while no coordinator runs.
    const feeding = Promise.all([a!.feed(barsOfA!), b!.feed(barsOfB!)]);
    coordinator = await system.coordinator({ BARKEEP_PORT: new URL(coordinator.url).port });
    const [fed] = await feeding;
    expect(fed).toEqual(
      expect.objectContaining({ sent: SLOTS, accepted: SLOTS - half, duplicates: half, conflicts: 0, refused: {} }),
    );
    await Promise.all([a!.end(), b!.end()]);
    await session.completed();
    expect((await session.digest()).bars).toBe(2 * SLOTS);
    expect((await session.metrics('BBB')).barQuality).toBe(100);
  });

  it('reports bars that are not stored, with their reasons and positions', async () => {
    const secondDay = { start: DATES.end, end: DATES.end };
    const session = await barkeep.createSession({ ...FED, ...secondDay, id: 'faulty' }, { start: true });
    const [first, second] = market.get('AAA')!.slice(DAY_SLOTS);
    const stream = session.registerStream('AAA');
    const conflicting = { ...first!, close: first!.open, volume: 1 };
    const invalid = { ...second!, high: 1, low: 2 };
    const fed = await stream.feed([first!, conflicting, invalid]);
    expect(fed).toMatchObject({ sent: 3, accepted: 1, conflicts: 1, refused: { 'high-below-low': 1 } });
    expect(fed.problems.map(({ index }) => index).sort()).toEqual([1, 2]);
    await session.delete();
  });
});

describe('errors', () => {
  it('each cause has a class of errors, and the error of a wrong field names it', async () => {
    await expect(barkeep.createSession({ ...SPEC, symbols: ['?'] })).rejects.toThrow(InvalidInputError);
    const error = await barkeep.createSession({ ...SPEC, start: 'x' }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiProblemError);
    expect(error).toMatchObject({ kind: 'invalid-input', status: 400, problems: [{ field: 'start', was: '"x"' }] });
    await expect(barkeep.session('nowhere').status()).rejects.toThrow(SessionNotFoundError);
    await expect(barkeep.session('nowhere').reader()).rejects.toThrow(SessionNotFoundError);
    await expect(barkeep.session('whole').pause()).rejects.toThrow(WrongStateError);
    const { id } = await barkeep.createSession(SPEC); // is not started
    await expect(barkeep.session(id).reader({ waitMs: 0 })).rejects.toThrow(/expected session .* to begin within 0 s/);
  });

  it('a client that reads another Redis or prefix than the coordinator gets an error that says so', async () => {
    const client = connect({ coordinator: coordinator.url, keyPrefix: 'another-prefix' });
    const opened = client.session('whole').reader();
    await expect(opened).rejects.toThrow(SessionLostError);
    await expect(opened).rejects.toThrow('under the prefix another-prefix, was not there');
    await client.close();
  });

  it('the calls that are under way reject when the client is closed', async () => {
    const client = connect({ coordinator: coordinator.url, keyPrefix: system.sessionPrefix });
    const endless = await client.createSession({ ...SPEC, id: 'endless', pace: SLOW_PACE }, { start: true });
    const mirror = await endless.mirror();
    // Each of these calls waits for something that does not happen before the client is closed.
    const rejections = [
      expect(mirror.waitFor(mirror.layout.end)).rejects.toThrow(ClientClosedError),
      expect(endless.follow({ every: 'day' }).next()).rejects.toThrow(ClientClosedError),
      expect(client.session('whole').events().next()).rejects.toThrow(ClientClosedError),
    ];
    // A round trip, so that the calls are under way.
    await client.session('whole').status();
    await client.close();
    await Promise.all(rejections);
    await barkeep.session('endless').delete();
  });
});
