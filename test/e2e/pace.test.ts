/**
 * A clock that follows real time: its events show every bar once and in order, without drift. The clock also survives a
 * pause, a crash, a slow store and a late barrier.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { Api } from '../support/system/api.js';
import { GATED, GatedRepository } from '../support/programs/gated-repository.js';
import { holey, marketBars, tradingDays, writeBars } from '../support/data/market.js';
import { eventsOf, minuteByMinute, eventTexts, type StoredEvent } from '../support/sessions/session-events.js';
import { ownerOf } from '../support/system/owner.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DATES = { start: '2013-10-07', end: '2013-10-08' };
const DAYS = tradingDays(DATES);
const [FIRST_DAY, SECOND_DAY] = DAYS;
const FIRST_CLOSE = FIRST_DAY!.segments[0]!.close;
const SECOND_OPEN = SECOND_DAY!.segments[0]!.open;
const SYMBOLS = Array.from({ length: 20 }, (_, i) => `S${i}`);
const MINUTE = 60_000;
/** Delay of each request to a slow store. */
const SLOW_MS = 400;
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'dataset', dataset: 'stream' }, backfill: [GATED] };

let system: TestSystem;
let repository: GatedRepository;
let gate: TcpGate;
let coordinators: SystemProcess[];
/** Digest of the session at full speed. */
let digest: string;

beforeAll(async () => {
  const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 3 });
  repository = await GatedRepository.create(market);
  system = await TestSystem.create({ BARKEEP_REPOSITORIES: repository.modulePath });
  await writeBars(system.databaseUrl, 'stream', holey(market, 0.02, 4));
  gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  coordinators = [await system.coordinator({ SESSION_REDIS_URL: gate.url })];
  await system.worker();
  const id = await api().run({ ...SPEC, id: 'max' });
  await api().settled(id);
  digest = await api().digest(id);
});

afterAll(async () => {
  await system?.close();
  await gate?.shut();
  await repository?.remove();
});

function api(): Api {
  return new Api(coordinators[0]!.url);
}

const storedEvents = (id: string) => eventsOf(system.sessionPrefix, id);
const clockPace = (speed: number) => ({ mode: 'clock', speed });

/** Checks that a session of these days emitted the events of every minute once and in order. @returns its events */
async function expectEveryMinute(id: string, days = DAYS): Promise<StoredEvent[]> {
  const events = await storedEvents(id);
  expect(eventTexts(events)).toEqual(eventTexts(minuteByMinute(days)));
  return events;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** How late each bar was, ms. Bars are due one after another at the session's speed, beginning with the first one. */
function lateness(events: readonly StoredEvent[], speed: number): number[] {
  // At the open of the second day the clock moves, but no bar closes.
  const closes = events.filter(({ type, time }) => type === 'clock' && time !== SECOND_OPEN);
  const firstAt = closes[0]!.at;
  return closes.map(({ at }, n) => at - (firstAt + (n * MINUTE) / speed));
}

test('every bar is delivered once and in order, and the clock does not drift', async () => {
  const speed = 6_000;
  const id = await api().run({ ...SPEC, id: 'paced', end: DATES.start, pace: clockPace(speed) });
  await api().completed(id);
  const late = lateness(await expectEveryMinute(id, [FIRST_DAY!]), speed);
  expect(late).toHaveLength(390);
  const [firstHour, lastHour] = [late.slice(0, 60), late.slice(-60)];
  // A drift of one millisecond for each bar would add up to 390 ms; this allows half of it.
  expect(median(lastHour) - median(firstHour)).toBeLessThan(195);
});

test('I1 the clock jumps over the night, and the digest is that of the session at full speed', async () => {
  const id = await api().run({ ...SPEC, id: 'night', pace: clockPace(30_000) });
  await api().settled(id);
  const events = await expectEveryMinute(id);
  const closed = events.findIndex(({ type }) => type === 'day-closed');
  expect(eventTexts(events.slice(closed, closed + 3))).toEqual(
    eventTexts([
      { type: 'day-closed', time: FIRST_CLOSE },
      { type: 'clock', time: SECOND_OPEN },
      { type: 'day-opened', time: SECOND_OPEN },
    ]),
  );
  expect(await api().digest(id)).toBe(digest);
});

test('a pause keeps the simulated time, and a resume continues from it', async () => {
  const speed = 12_000;
  const id = await api().run({ ...SPEC, id: 'paused', end: DATES.start, pace: clockPace(speed) });
  await api().until(id, ({ progress }) => progress > 0.2);
  await api().ok('POST', `/v1/sessions/${id}/pause`);
  const { clock } = await api().until(id, ({ state }) => state === 'paused');
  const restMs = FIRST_CLOSE - Date.parse(clock!);
  expect(restMs).toBeGreaterThan(0);
  const resumedAt = performance.now();
  await api().ok('POST', `/v1/sessions/${id}/resume`);
  await api().completed(id);
  // The bars after the pause keep the pace. A clock that made up for the pause would reach the end earlier.
  expect(performance.now() - resumedAt).toBeGreaterThanOrEqual(restMs / speed);
  await expectEveryMinute(id, [FIRST_DAY!]);
});

test('after a slow store the clock catches up, and its overruns and its lag are shown', async () => {
  const speed = 6_000;
  const id = await api().run({ ...SPEC, id: 'slow', pace: { ...clockPace(speed), overrun: 'wait' } });
  await api().until(id, ({ progress }) => progress > 0.05);
  gate.slowDown(SLOW_MS);
  const behind = await api().until(id, ({ pace }) => pace.overruns > 0);
  expect(behind.pace.lagMs).toBeGreaterThan(0);
  gate.slowDown(0);
  const { pace } = await api().completed(id);
  expect(pace.overruns).toBeGreaterThan(0);
  const late = lateness(await expectEveryMinute(id), speed);
  const [beforeDelay, atEnd] = [late.slice(0, 30), late.slice(-40)];
  // The delay on the first day does not move the due times of the second day. A clock that had kept the delay would still be SLOW_MS late.
  expect(median(atEnd) - median(beforeDelay)).toBeLessThan(SLOW_MS / 2);
});

test('with a slow store `overrun: fail` fails the session with the time and the lateness', async () => {
  const pace = { ...clockPace(6_000), overrun: 'fail' };
  const id = await api().run({ ...SPEC, id: 'fails', end: DATES.start, pace });
  await api().until(id, ({ progress }) => progress > 0.1);
  gate.slowDown(SLOW_MS);
  const failed = await api().until(id, ({ state }) => state === 'failed');
  gate.slowDown(0);
  expect(failed.error).toMatch(
    /^pace: expected the bars that close at 2013-10-07T\S+ at 6000 × real time, was \d+ ms late/,
  );
  expect(failed.pace.overruns).toBe(1);
});

test('a barrier that is not ready in time is an overrun, and the clock waits for it', async () => {
  await repository.holdFrom(DATES.end);
  const id = await api().run({ ...SPEC, id: 'held', pace: clockPace(60_000) });
  const held = await api().until(id, ({ state, pace }) => state === 'waiting-upkeep' && pace.overruns > 0);
  expect(held.clock).toBe(new Date(FIRST_CLOSE).toISOString());
  await repository.open();
  await api().completed(id);
  await expectEveryMinute(id);
});

test('I1 I3 after a crash another coordinator continues from the clock, and no bar is delivered twice', async () => {
  coordinators.push(await system.coordinator());
  const id = await api().run({ ...SPEC, id: 'taken-over', pace: clockPace(6_000) });
  await api().until(id, ({ progress }) => progress > 0.1);
  const owner = await ownerOf(system, coordinators, id);
  await owner.signal('SIGKILL');
  coordinators = coordinators.filter((other) => other !== owner);
  await api().settled(id);
  await expectEveryMinute(id);
  expect(await api().digest(id)).toBe(digest);
});
