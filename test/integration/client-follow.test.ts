/**
 * Steps through sessions on a real Redis: the time of each step, its bars, its derived bars, and what its mirror shows.
 * I2, I5: invariants at the end of docs/ARCHITECTURE.md.
 */
import { aggregateCascade, type Bar, type Interval, planCascade } from '@barkeep/bars';
import { NotLockstepError, type Step } from '@barkeep/client';
import { SessionConsumers, UnknownIntervalError } from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import { plainBuckets } from '../support/data/plain-derived.js';
import { fillDay, runTo } from '../support/sessions/follow-store.js';
import {
  closedIn,
  FOLLOWED_MARKET as MARKET,
  FOLLOWED_SPEC as SPEC,
  FollowedServer,
  SLOTS_OF_DAY,
  valuesOver,
} from '../support/sessions/followed-server.js';

const MINUTE = 60_000;
const server = new FollowedServer();
afterAll(() => server.close());

test('I2 every minute is a step, with its bars and a mirror that shows nothing after it', async () => {
  const store = await server.finished();
  const { layout } = store;
  const grids = [layout.grid(0), layout.grid(1)];
  const times: number[] = [];
  for await (const step of server.follow(store)) {
    const { time, date, isDayClose, derivedBy } = step;
    times.push(time);
    expectBarsOfMinute(step);
    expectMirrorAt(time, step);
    expect(date).toBe(layout.day(layout.dayIndexAt(time - 1)).date);
    expect(isDayClose).toBe(grids.some(({ close }) => close === time));
    expect(derivedBy).toBe('upkeep');
  }
  expect(times).toEqual(grids.flatMap((grid) => Array.from({ length: SLOTS_OF_DAY }, (_, i) => grid.closeTime(i))));
});

/** Checks that a step of one minute has exactly the bars that close with it, in the order of symbols. */
function expectBarsOfMinute({ time, bars, barCount }: Step): void {
  const expected = SPEC.symbols.flatMap((symbol) =>
    closedIn(MARKET.get(symbol)!, time - MINUTE, time).map((bar) => [symbol, { ...bar, closeTime: time }]),
  );
  expect([...bars]).toMatchObject(expected);
  expect(barCount).toBe(expected.length);
}

/** Checks that the mirror of a step shows all bars up to a time, and nothing after it. */
function expectMirrorAt(time: number, { mirror }: Step): void {
  expect(mirror.clock).toBe(time);
  for (const symbol of SPEC.symbols) {
    expect(mirror.barCount(symbol)).toBe(closedIn(MARKET.get(symbol)!, 0, time).length);
    expect(mirror.latestBar(symbol)?.closeTime ?? 0).toBeLessThanOrEqual(time);
    expect(mirror.latestBar(symbol, '30m')?.closeTime ?? 0).toBeLessThanOrEqual(time);
  }
}

/** Calendars with dates, and what is special about these days. */
const VENUES = [
  ['XNYS', '2013-11-27', '2013-11-29', 'an early close'],
  ['XHKG', '2024-02-08', '2024-02-14', 'a lunch break and a half day'],
  ['XTKS', '2024-01-04', '2024-01-05', 'a lunch break'],
] as const;
/** Lengths of a step, with their minutes. Some of them do not divide a segment, whose last step is then shorter. */
const STEP_LENGTHS = [
  ['1m', 1],
  ['5m', 5],
  ['7m', 7],
  ['30m', 30],
  ['45m', 45],
  ['1h', 60],
  ['day', Infinity],
] as const;

test.each(VENUES)(
  'steps of any length on %s, %s to %s, have the bars of their time: %s',
  async (calendar, start, end) => {
    const spec = { ...SPEC, calendar, start, end };
    const market = holey(marketBars({ ...spec, seed: 9 }), 0.3, 2);
    const store = await server.finished(spec, market);
    for (const [every, minutes] of STEP_LENGTHS) {
      const steps = await server.allSteps(store, { every });
      const times = steps.map(({ time }) => time);
      expect(times).toEqual(plainBuckets(store.layout.days, minutes).map(({ close }) => close));
      for (const [i, step] of steps.entries()) {
        const previousTime = times[i - 1] ?? store.layout.start;
        for (const symbol of SPEC.symbols) {
          expectBaseBars(step, symbol, closedIn(market.get(symbol)!, previousTime, step.time));
        }
        for (const [interval, closed] of step.derived) {
          for (const [symbol, bar] of closed) expect(bar).toEqual(step.barsOf(symbol, interval).at(-1));
        }
      }
    }
  },
);

/** Checks that a step delivers exactly these minute bars of a symbol, and one bar over all of them. */
function expectBaseBars(step: Step, symbol: string, expected: readonly Bar[]): void {
  expect(step.barsOf(symbol).map(({ openTime }) => openTime)).toEqual(expected.map(({ openTime }) => openTime));
  const overStep = expected.length === 0 ? undefined : expect.objectContaining(valuesOver(expected));
  expect(step.bars.get(symbol)).toEqual(overStep);
}

test.each(['day', 'none'])('I5 derived bars of a step are those of its base bars, barrier %s', async (barrier) => {
  const store = await server.finished({ ...SPEC, upkeep: { barrier } });
  const { layout } = store;
  const bases = await store.upkeep.readChunks(0, 0, layout.base, SPEC.symbols);
  /** The derived bar of the first day that closes at a time. */
  const derivedAt = (time: number, symbol: string, interval: Interval) => {
    const plan = layout.plan(0, interval);
    const slot = plan.grid.closedBy(time) - 1;
    if (slot < 0 || plan.grid.closeTime(slot) !== time) return undefined;
    const [chunk] = aggregateCascade(bases.get(symbol)!, planCascade([plan]));
    return chunk!.bar(slot, plan.grid);
  };
  let derivedBars = 0;
  for await (const { time, derived, derivedBy, mirror } of server.follow(store)) {
    expect(derivedBy).toBe(barrier === 'none' ? 'client' : 'upkeep');
    if (time > layout.grid(0).close) break;
    for (const interval of layout.derived) {
      for (const symbol of SPEC.symbols) {
        const bar = derivedAt(time, symbol, interval);
        expect(derived.get(interval.name)?.get(symbol)).toEqual(bar);
        if (!bar) continue;
        expect(mirror.latestBar(symbol, interval.name)).toEqual(bar);
        derivedBars++;
      }
    }
  }
  // Each symbol has its 5-minute and its half-hour bars of one day.
  expect(derivedBars).toBe(SPEC.symbols.length * (SLOTS_OF_DAY / 5 + SLOTS_OF_DAY / 30));
});

test('a loop waits for a clock that moves bit by bit, and gets every step once', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const steps = server.allSteps(store, { every: '5m' });
  for (let time = layout.start; time < layout.end;) {
    time = Math.min(time + 37 * MINUTE, layout.end); // most moves end within a step of 5 minutes
    await runTo(store, MARKET, time);
  }
  expect(await steps).toHaveLength((2 * SLOTS_OF_DAY) / 5);
});

test('the mirror of a later step has a backfilled bar, and without barriers derives from it', async () => {
  const store = await server.begin(server.layout({ ...SPEC, upkeep: { barrier: 'none' } }));
  const { layout } = store;
  const wholeMarket = marketBars({ ...SPEC, seed: 3 });
  const [firstClose, laterTime] = [layout.grid(0).close, layout.grid(1).openTime(30)];
  await runTo(store, MARKET, firstClose);
  for await (const { mirror, time } of server.follow(store, { every: '30m' })) {
    // In the last step of the first day the missing bars of AAA are backfilled.
    if (time === firstClose) {
      const barsBefore = mirror.barCount('AAA');
      const filled = await fillDay(store, 0, 'AAA', wholeMarket.get('AAA')!);
      expect(barsBefore + filled).toBe(SLOTS_OF_DAY);
      await runTo(store, MARKET, laterTime);
    }
    if (time < laterTime) continue;
    // The step ends 30 minutes into the second day. AAA has every bar of the first day now.
    const ofSecondDay = mirror.lastBars('AAA', 30, '1m').filter(({ openTime }) => openTime > firstClose);
    expect(mirror.barCount('AAA') - ofSecondDay.length).toBe(SLOTS_OF_DAY);
    const fivesOfFirstDay = mirror.lastBars('AAA', (SLOTS_OF_DAY + 30) / 5, '5m').slice(0, SLOTS_OF_DAY / 5);
    expect(fivesOfFirstDay.every(({ complete }) => complete)).toBe(true);
    break;
  }
});

test('the bars of a step are found by any name of an interval, and an interval that the session does not have is an error', async () => {
  const store = await server.finished({ ...SPEC, derivedIntervals: ['1h'] });
  const [step] = await server.allSteps(store, { every: '60m' });
  expect(step!.barsOf('AAA', '60m')).toHaveLength(1);
  expect(step!.barsOf('AAA', '60m')).toEqual(step!.barsOf('AAA', '1h'));
  expect(() => step!.barsOf('AAA', '5m')).toThrow(UnknownIntervalError);
});

test('a loop with a name cannot watch a session in lockstep, whose clock would wait for it', async () => {
  const store = await server.finished({ ...SPEC, pace: { mode: 'lockstep' } });
  await expect(server.follow(store, { consumer: 'watcher', lockstep: false }).next()).rejects.toThrow(
    'consumer: expected no name with lockstep: false in a session in lockstep, was "watcher"',
  );
  expect(await server.firstStep(store, { lockstep: false })).toBeDefined();
  expect(await new SessionConsumers(server.redis, store.layout).list()).toEqual([]);
});

test('lockstep in a session of another pace, and an unknown start, are errors', async () => {
  const store = await server.finished();
  await expect(server.follow(store, { lockstep: true }).next()).rejects.toThrow(NotLockstepError);
  await expect(server.follow(store, { from: 'begin' as 'now' }).next()).rejects.toThrow(
    'from: expected "kept", "beginning" or "now", was "begin"',
  );
});
