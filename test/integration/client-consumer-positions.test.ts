/**
 * The positions that a session keeps of its consumers, on a real Redis: how the clock waits for them, and where a consumer begins.
 * A consumer completes a step when its loop asks for the next one. Its position is the time of the last completed step; while it waits
 * for the next step, it is the time up to which its bars are loaded.
 * I11, I13: invariants at the end of docs/ARCHITECTURE.md.
 */
import type { FollowOptions, KeptStart } from '@barkeep/client';
import { SessionConsumers } from '@barkeep/session-data';
import { runTo } from '../support/sessions/follow-store.js';
import {
  closedIn,
  FOLLOWED_MARKET as MARKET,
  FOLLOWED_SPEC as SPEC,
  FollowedServer,
  SLOTS_OF_DAY,
} from '../support/sessions/followed-server.js';
import type { TestStore } from '../support/sessions/session-store.js';
import { untilTrue } from '../support/setup/until-true.js';

const MINUTE = 60_000;
/** Base bars that the clock may be ahead of the slowest consumer. */
const LEAD = 30;
const lockstepWith = (pace: object) => ({ ...SPEC, pace: { mode: 'lockstep', window: LEAD, ...pace } });
const LOCKSTEP = lockstepWith({});

const server = new FollowedServer();
afterAll(() => server.close());

const consumersOf = ({ layout }: TestStore) => new SessionConsumers(server.redis, layout);

/** Moves the clock to the end of the session as a coordinator would: at most LEAD slots ahead of the slowest consumer. */
async function moveInLockstep(store: TestStore): Promise<void> {
  const consumers = consumersOf(store);
  const grids = [store.layout.grid(0), store.layout.grid(1)];
  const closes = grids.flatMap((grid) => Array.from({ length: SLOTS_OF_DAY }, (_, slot) => grid.closeTime(slot)));
  let shown = 0;
  while (shown < closes.length) {
    const { slowest } = await consumers.limit();
    if (slowest === undefined) return; // the consumer has left
    if (slowest === 'waiting') continue; // it has not joined yet
    const acknowledged = closes.filter((time) => time <= slowest).length;
    const allowed = Math.min(acknowledged + LEAD, closes.length);
    if (allowed <= shown) continue;
    shown = allowed;
    await runTo(store, MARKET, closes[shown - 1]!);
  }
}

test('in lockstep a clock that stays 30 slots ahead of a consumer gets to the end, whatever the length of its steps', async () => {
  for (const every of ['1m', '7m', '1h', 'day']) {
    const store = await server.begin(server.layout(LOCKSTEP));
    const loop = server.allSteps(store, { consumer: 'one', every });
    await moveInLockstep(store);
    const steps = await loop;
    expect(steps.at(-1)!.date).toBe(SPEC.end);
    const [view] = await consumersOf(store).list();
    const { end } = store.layout;
    expect(view).toMatchObject({
      state: 'left',
      time: end,
      steps: steps.length,
      bars: [...MARKET.values()].flat().length,
    });
  }
});

test('a consumer begins after its kept position, or at the beginning when it has none or asks for it', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const at = (minutes: number) => store.layout.start + minutes * MINUTE;
  await runTo(store, MARKET, at(62));
  const firstTime = async (options: FollowOptions) => (await server.firstStep(store, options))!.time;
  expect(await firstTime({ consumer: 'new' })).toBe(at(1));
  // Ends within the step of minute 3, so the last completed step is that of minute 2.
  for await (const { time } of server.follow(store, { consumer: 'new' })) if (time === at(3)) break;
  expect(await firstTime({ consumer: 'new' })).toBe(at(3));
  expect(await firstTime({ consumer: 'new', from: 'beginning' })).toBe(at(1));
});

test('a consumer that begins now gets the step that contains the clock first, and gets it whole', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const { layout } = store;
  await runTo(store, MARKET, layout.grid(0).openTime(62));
  // It joins at minute 62, within the 5-minute step from minute 60 to minute 65, so it gets this step whole: with minutes 60 to 62, too.
  const lateStep = server.firstStep(store, { consumer: 'late', from: 'now', every: '5m' });
  const consumers = consumersOf(store);
  await untilTrue(async () => (await consumers.list()).some(({ name }) => name === 'late'));
  await runTo(store, MARKET, layout.grid(0).openTime(70));
  const step = (await lateStep)!;
  expect(step.time).toBe(layout.grid(0).openTime(65));
  const bars = MARKET.get('AAA')!;
  expect(step.barsOf('AAA')).toHaveLength(closedIn(bars, step.time - 5 * MINUTE, step.time).length);
  expect(step.mirror.barCount('AAA')).toBe(closedIn(bars, 0, step.time).length);
});

test('I13 a consumer restores a position that the store lost, also when that is after the clock', async () => {
  const store = await server.begin(server.layout(lockstepWith({ heartbeatSeconds: 5 })));
  const consumers = consumersOf(store);
  const at = (minutes: number) => store.layout.start + minutes * MINUTE;
  const end = new AbortController();
  const loop = server.allSteps(store, { consumer: 'one', signal: end.signal });
  /** Waits until the store has `time` as the consumer's position. */
  const untilPositionIs = (time: number) => untilTrue(async () => (await consumers.limit()).slowest === time);
  await untilPositionIs(at(0));
  await runTo(store, MARKET, at(30));
  await untilPositionIs(at(30));
  const restoreSnapshot = await server.snapshot(store.layout.id);
  for (const minutes of [60, 90]) {
    await runTo(store, MARKET, at(minutes));
    await untilPositionIs(at(minutes));
  }
  await restoreSnapshot();
  expect(await consumers.limit()).toMatchObject({ slowest: at(30) });
  await untilPositionIs(at(90)); // the consumer's next heartbeat restores it
  end.abort(new Error('the test has seen enough'));
  await expect(loop).rejects.toThrow('enough');
  // The consumer left at its position, although the clock of the store is still at minute 30.
  expect(await consumers.list()).toMatchObject([{ state: 'left', time: at(90) }]);
});

test('I11 a consumer that comes back after the end is warned that it gets no further step, and may begin again', async () => {
  const store = await server.finished(LOCKSTEP);
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    // `onKept` is called once for each loop, before its first step. It gets the start of the consumer: the steps that were delivered under
    // its name before, and `atEnd`, which is true when none is left.
    const starts: KeptStart[] = [];
    const onKept = (start: KeptStart) => starts.push(start);
    const countSteps = async (options: FollowOptions) => (await server.allSteps(store, { onKept, ...options })).length;
    const all = await countSteps({ consumer: 'one' });
    expect(all).toBeGreaterThan(0);
    expect(warn).not.toHaveBeenCalled();
    expect(await countSteps({ consumer: 'one' })).toBe(0);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0]![0])).toBe(
      `consumer one has finished session ${store.layout.id} (${all} steps): ` +
        'it gets no further step; another name, or from: "beginning", starts again',
    );
    expect(await countSteps({ consumer: 'one', from: 'beginning' })).toBe(all);
    expect(starts).toMatchObject([
      { steps: 0, atEnd: false },
      { steps: all, atEnd: true },
      { steps: 0, atEnd: false }, // from the beginning
    ]);
  } finally {
    warn.mockRestore();
  }
});

const thrower = () => {
  throw new Error('no such state');
};
test.each<[string, () => unknown]>([
  ['throws', thrower],
  ['rejects', async () => thrower()],
])('a consumer whose onKept %s leaves, so that the clock no longer waits for it', async (_how, onKept) => {
  const store = await server.finished(LOCKSTEP);
  await expect(server.follow(store, { consumer: 'one', onKept }).next()).rejects.toThrow('no such state');
  const [view] = await consumersOf(store).list();
  expect(view).toMatchObject({ name: 'one', state: 'left', steps: 0 });
});

test('a loop whose signal is aborted ends although its onKept never resolves', async () => {
  const store = await server.finished(LOCKSTEP);
  const ending = new AbortController();
  const onKept = () => {
    setImmediate(() => ending.abort(new Error('enough')));
    return new Promise(() => undefined);
  };
  await expect(server.follow(store, { consumer: 'one', onKept, signal: ending.signal }).next()).rejects.toThrow(
    'enough',
  );
});
