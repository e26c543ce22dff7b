/**
 * Proves that no bar is shown before its close (I2, an invariant of docs/ARCHITECTURE.md). Each test follows a session and reads in every
 * way (canary-reads.ts) at every step. Meanwhile the store has bars of later days, and upkeep repairs them. The values of the canary market
 * tell from which minutes a bar was made: a {@link Canary} throws when it looks at a bar with a minute from after the bar's close.
 */
import { connect, type Barkeep, type ClientSession, type Mirror } from '@barkeep/client';
import type { OpenSession } from '@barkeep/session-data';
import { holey, writeBars } from '../support/data/market.js';
import * as reads from '../support/programs/canary-reads.js';
import {
  Canary,
  CANARY_CLOSE_TIMES,
  CANARY_DATES,
  CANARY_MINUTES,
  canaryMarket,
  minutesBy,
} from '../support/programs/canary.js';
import { Api } from '../support/system/api.js';
import { TestSystem } from '../support/system/system.js';

const SYMBOLS = reads.CANARY_SYMBOLS;
const MINUTE_MS = 60_000;
/** The lead of the clock in lockstep, in minutes. */
const LEAD = 30;
const SPEC = {
  ...CANARY_DATES,
  symbols: SYMBOLS,
  derivedIntervals: reads.DERIVED_INTERVALS,
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['whole'],
} as const;

let system: TestSystem;
let barkeep: Barkeep;
let api: Api;
beforeAll(async () => {
  system = await TestSystem.create();
  const whole = canaryMarket(SYMBOLS);
  await writeBars(system.databaseUrl, 'whole', whole);
  await writeBars(system.databaseUrl, 'holey', holey(whole, 0.05, 3));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  barkeep = connect({ coordinator: coordinator.url, keyPrefix: system.sessionPrefix });
});
afterAll(async () => {
  await barkeep?.close();
  await system?.close();
});

/** Starts a session, and opens a reader and a separate mirror of it. */
async function opened(spec: object): Promise<{ session: ClientSession; reader: OpenSession; mirror: Mirror }> {
  const session = await barkeep.createSession({ ...SPEC, ...spec }, { start: true });
  return { session, reader: await session.reader(), mirror: await session.mirror() };
}

/** The times of the steps of each length. */
const STEPS = {
  '1m': CANARY_CLOSE_TIMES,
  '5m': CANARY_CLOSE_TIMES.filter((close) => close % (5 * MINUTE_MS) === 0),
  // The last close of a day is not followed by another one a minute later.
  day: CANARY_CLOSE_TIMES.filter((close, n) => CANARY_CLOSE_TIMES[n + 1] !== close + MINUTE_MS),
};
/** Each step makes more checks than this. */
const LOOKS_A_STEP = 30;
const BARRIERS = [
  { name: 'none', barrier: 'none' },
  { name: 'day', barrier: 'day' },
  { name: 'minutes', barrier: { minutes: 30 } },
] as const;

jest.setTimeout(120_000); // thousands of reads over HTTP

describe.each(BARRIERS)('I2 with barrier $name', ({ name, barrier }) => {
  test.each(Object.entries(STEPS))(
    'a consumer in lockstep with steps of %s sees nothing of the future',
    async (every, times) => {
      const canary = new Canary();
      const id = `${name}-${every}`;
      const pace = { mode: 'lockstep', window: LEAD } as const;
      const { session, reader, mirror } = await opened({ id, pace, upkeep: { barrier } });
      const following = reads.lookAtFollowing(canary, mirror, reader);
      following.catch(() => undefined); // awaited below
      const steps: number[] = [];
      for await (const step of session.follow({ consumer: 'canary', every })) {
        steps.push(step.time);
        reads.lookAtStep(canary, step);
        const clock = await reads.lookAtSession(canary, { id, api, reader }, steps.length);
        const latest = reader.layout.closeAfter(step.time, LEAD);
        if (clock < step.time || clock > latest || mirror.clock > latest) {
          throw new Error(`at ${step.time} the session's clock is at ${clock}, the mirror's at ${mirror.clock}`);
        }
        // Nothing may be missing either: with a barrier every hole before the clock is filled.
        if (barrier !== 'none') {
          for (const symbol of SYMBOLS) expect(step.mirror.barCount(symbol)).toBe(minutesBy(step.time));
          expect([...step.bars.values()].map(({ closeTime }) => closeTime)).toEqual(SYMBOLS.map(() => step.time));
        }
      }
      expect(steps).toEqual(times);
      expect(await following).toBeGreaterThan(0);
      await api.settled(id);
      await mirror.update();
      for (const symbol of SYMBOLS) expect(mirror.barCount(symbol)).toBe(CANARY_MINUTES);
      mirror.close();
      expect(canary.looks).toBeGreaterThan(LOOKS_A_STEP * steps.length);
    },
  );

  test('a session at full speed shows nothing of the future to its readers', async () => {
    const canary = new Canary();
    const id = `${name}-max`;
    const { session, reader, mirror } = await opened({ id, upkeep: { barrier } });
    const following = reads.lookAtFollowing(canary, mirror, reader);
    const reading = (async () => {
      // Only every seventh turn, so that the few turns of a fast session have all reads, symbols and intervals.
      for (let turn = 0; (await reads.lookAtSession(canary, { id, api, reader }, turn)) < reader.layout.end; turn += 7);
    })();
    const steps: number[] = [];
    for await (const step of session.follow({ every: '1m' })) {
      steps.push(step.time);
      reads.lookAtStep(canary, step);
      if (step.time > (await reader.clock())) throw new Error(`the step is ahead of its session: ${step.time}`);
    }
    await Promise.all([following, reading]);
    expect(steps).toEqual(CANARY_CLOSE_TIMES);
    mirror.close();
    expect(canary.looks).toBeGreaterThan(LOOKS_A_STEP * steps.length);
  });
});
