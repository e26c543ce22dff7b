/** Loops over a session that removes its oldest days, and mirrors that hold only few days. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bar } from '@barkeep/bars';
import { DaysRemovedError } from '@barkeep/client';
import { SessionConsumers, type SessionLayout } from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import { fillDay, runTo } from '../support/sessions/follow-store.js';
import { closedIn, FOLLOWED_SPEC as SPEC, FollowedServer, SLOTS_OF_DAY } from '../support/sessions/followed-server.js';
import type { TestStore } from '../support/sessions/session-store.js';

const MINUTE = 60_000;
const LOCKSTEP = { ...SPEC, pace: { mode: 'lockstep' } };

const server = new FollowedServer();
afterAll(() => server.close());

const barsIn = (market: ReadonlyMap<string, readonly Bar[]>) => [...market.values()].flat().length;

test.each(['1m', 'day'])(
  'a mirror with keepDays 1 keeps every day until its steps are delivered (steps of %s)',
  async (every) => {
    const spec = { ...LOCKSTEP, end: '2013-10-11' };
    const market = holey(marketBars({ ...spec, seed: 5 }), 0.15, 4);
    const store = await server.finished(spec, market);
    for (const [consumer, keepDays] of [
      ['all', undefined],
      ['few', 1],
    ] as const) {
      let delivered = 0;
      for await (const { barCount } of server.follow(store, { consumer, every, keepDays })) delivered += barCount;
      expect(delivered).toBe(barsIn(market));
    }
    const [all, few] = await new SessionConsumers(server.redis, store.layout).list();
    expect(few!.deliveredHash).toBe(all!.deliveredHash);
  },
);

/** Removes the first days of a session, as retention does. */
async function removeDays(layout: SessionLayout, days: number): Promise<void> {
  await server.redis.hset(layout.keysOf(0).meta, 'retainedFrom', layout.grid(days).open);
  const dates = layout.days.slice(0, days).map(({ date }) => date);
  const chunks = (await server.keys(layout.id)).filter((key) => dates.some((date) => key.includes(date)));
  expect(chunks.length).toBeGreaterThan(0);
  await server.redis.unlink(...chunks);
}

test('a new consumer begins after the removed days, and one whose position is in them gets an error', async () => {
  const dates = { end: '2013-10-10' };
  const store = await server.finished({ ...LOCKSTEP, ...dates }, marketBars({ ...SPEC, ...dates, seed: 3 }));
  const { layout } = store;
  await breakAfterMinutes(store, 'early', 10); // its kept position is in a day that is removed next
  await removeDays(layout, 2);
  const { open } = layout.grid(2);
  for (const options of [{ lockstep: false }, { consumer: 'new' }, { consumer: 'early', from: 'beginning' }] as const) {
    const step = await server.firstStep(store, { keepDays: 1, ...options });
    expect([step!.time, step!.bars.size]).toEqual([open + MINUTE, SPEC.symbols.length]);
  }
  await server.firstStep(store, { consumer: 'back' });
  await setPosition(layout, 'back', layout.grid(0).openTime(5));
  await expect(server.firstStep(store, { consumer: 'back' })).rejects.toThrow(DaysRemovedError);
});

/** Follows as a consumer until it has finished the steps of the first `minutes` minutes. */
async function breakAfterMinutes(store: TestStore, consumer: string, minutes: number): Promise<void> {
  const end = store.layout.start + minutes * MINUTE;
  for await (const { time } of server.follow(store, { consumer })) if (time > end) return;
}

/** Changes the position in a consumer's stored record: it is the third word. */
async function setPosition(layout: SessionLayout, name: string, time: number): Promise<void> {
  const key = layout.keysOf(0).consumers;
  const record = (await server.redis.hget(key, name))!.split(' ');
  await server.redis.hset(key, name, record.with(2, String(time)).join(' '));
}

test('a step keeps its bars when a change of their day is read after the day was removed', async () => {
  const market = holey(marketBars({ ...SPEC, seed: 3 }), 0.15, 4);
  const store = await server.begin(server.layout(SPEC));
  await runTo(store, market, store.layout.end);
  await fillDay(store, 0, 'AAA', marketBars({ ...SPEC, seed: 3 }).get('AAA')!);
  const { changes } = store.layout.keysOf(0);
  /** The entry that reports the fill. */
  const [newest] = await server.redis.xrevrange(changes, '+', '-', 'COUNT', 1);
  let barsOfDay = 0;
  // Follows the first day. In its tenth step the day is removed from the store.
  for await (const { barCount, time, isDayClose, mirror } of server.follow(store)) {
    barsOfDay += barCount;
    if (isDayClose) break;
    if (time !== store.layout.grid(0).closeTime(9)) continue;
    // Both days are loaded. The session removes the first one, and then the mirror reads the change of this day once more.
    await removeDays(store.layout, 1);
    const { rewrites } = mirror['holdings'];
    await server.redis.xadd(changes, '*', ...newest![1]);
    while (mirror['holdings'].rewrites === rewrites) await delay(5);
  }
  const ofFirstDay = (symbol: string) => closedIn(market.get(symbol)!, 0, store.layout.grid(0).close).length;
  // AAA was filled, so it has a bar in every slot of the day.
  expect(barsOfDay).toBe(SLOTS_OF_DAY + ofFirstDay('BBB') + ofFirstDay('CCC'));
});

test('a step shows the days that the session retains at the time of the step, even if the store still has more', async () => {
  const spec = { ...SPEC, end: '2013-10-11', history: { retainDays: 2 } };
  const market = marketBars({ ...spec, seed: 5 });
  const store = await server.finished(spec, market); // no day was removed yet
  for await (const { time, mirror } of server.follow(store, { every: '30m' })) {
    const { layout } = store;
    // The session retains the day of the step and the two days before it.
    const firstShown = layout.grid(Math.max(0, layout.dayIndexAt(time - 1) - 2)).open;
    expect(mirror.barCount('AAA')).toBe(closedIn(market.get('AAA')!, firstShown, time).length);
  }
});
