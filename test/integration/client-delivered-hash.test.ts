/** The hash of what a consumer received, which its session keeps, equals a hash that is computed as docs/client.md describes it. */
import { createHash } from 'node:crypto';
import { ORIGIN_CODES } from '@barkeep/bars';
import { SessionConsumers, type SessionLayout } from '@barkeep/session-data';
import {
  closedIn,
  FOLLOWED_MARKET as MARKET,
  FOLLOWED_SPEC as SPEC,
  FollowedServer,
  SLOTS_OF_DAY,
  valuesOver,
} from '../support/sessions/followed-server.js';

const MINUTE = 60_000;
const LOCKSTEP = { ...SPEC, pace: { mode: 'lockstep' } };
/** Number of 5-minute steps in the session, which has two whole days. */
const FIVE_MINUTE_STEPS = (2 * SLOTS_OF_DAY) / 5;

const server = new FollowedServer();
afterAll(() => server.close());

test('a consumer that comes back continues at its kept position, and has the hash of a consumer that never left', async () => {
  const store = await server.finished(LOCKSTEP);
  await server.allSteps(store, { consumer: 'steady', every: '5m' });
  let deliveries = 0;
  // Each loop breaks off in its last step. This step is not acknowledged, so the next loop gets it again. The last loop gets to the end,
  // because the session has fewer than 200 steps.
  for (const stepsToBreak of [1, 7, 30, 200]) {
    let stepsLeft = stepsToBreak;
    for await (const step of server.follow(store, { consumer: 'broken', every: '5m' })) {
      expect(step.time).toBeGreaterThan(0);
      deliveries++;
      if (--stepsLeft === 0) break;
    }
  }
  const views = await new SessionConsumers(server.redis, store.layout).list();
  const [steady, broken] = ['steady', 'broken'].map((name) => views.find((view) => view.name === name)!);
  expect(deliveries).toBeGreaterThan(FIVE_MINUTE_STEPS);
  const { deliveredHash, bars } = steady!;
  expect(broken).toMatchObject({ deliveredHash, steps: FIVE_MINUTE_STEPS, bars, state: 'left' });
  expect(deliveredHash).toBe(plainHash(store.layout));
});

/** The delivered hash of a consumer with steps of 5 minutes, computed from the market as docs/client.md describes it. */
function plainHash(layout: SessionLayout): string {
  let hash: Buffer = Buffer.alloc(32);
  for (const day of [0, 1]) {
    const grid = layout.grid(day, layout.interval('5m')!);
    for (let slot = 0; slot < grid.slotCount; slot++) {
      const time = grid.closeTime(slot);
      // The intervals, in minutes, that have a bar which closes at this time.
      const closing = [1, 5, 30].filter((minutes) => (time - grid.open) % (minutes * MINUTE) === 0);
      const delivered = closing.map((minutes) => deliveredOf(minutes, time));
      const records = delivered.flatMap((interval) => interval.records);
      const names = delivered.map((interval) => interval.names).join('');
      const link = Buffer.concat([hash, float64(time), ...records, Buffer.from(names)]);
      hash = createHash('sha256').update(link).digest();
    }
  }
  return hash.toString('hex');
}

const float64 = (value: number) => Buffer.from(Float64Array.of(value).buffer);

/**
 * What the 5-minute step at `time` delivers of an interval: five 1-minute bars of each symbol, or the one longer bar that closes at
 * `time`. @param minutes length of the interval @returns what the bars and their names add to the hash
 */
function deliveredOf(minutes: number, time: number): { records: Buffer[]; names: string } {
  const closes = minutes === 1 ? [4, 3, 2, 1, 0].map((before) => time - before * MINUTE) : [time];
  const origin = minutes === 1 ? ORIGIN_CODES.streamed : ORIGIN_CODES.derived;
  const records: Buffer[] = [];
  let names = `${minutes}m\n`;
  for (const symbol of SPEC.symbols) {
    for (const close of closes) {
      const openTime = close - minutes * MINUTE;
      const bars = closedIn(MARKET.get(symbol)!, openTime, close);
      if (bars.length === 0) continue;
      const values = valuesOver(bars);
      const numbers = [openTime, values.open, values.high, values.low, values.close, values.volume].map(float64);
      const counts = Buffer.from(Uint16Array.of(origin, 0, bars.length, minutes).buffer);
      records.push(...numbers, counts);
      names += `${symbol}\0`;
    }
  }
  return { records, names };
}
