/** The arms of S10 with several sessions at once over the same bars: what each one after the first costs, as a share of the first. */
import { setTimeout as delay } from 'node:timers/promises';
import { partOf } from '../harness/market.mjs';
import { computed } from '../harness/rounds.mjs';
import { NO_UPKEEP, runSession } from '../harness/session.mjs';

/** How many sessions run at once. */
const COUNTS = [2, 4, 8];
const SIZE = { symbols: 100, days: 20 };
/**
 * The first symbol and day of the sessions, by how many run at once. Each count has other bars: a coordinator keeps windows for a while
 * after it has read them, so counts over the same bars would share reads.
 */
const FIRST = {
  1: { symbols: 0, days: 0 },
  2: { symbols: 100, days: 0 },
  4: { symbols: 0, days: 20 },
  8: { symbols: 100, days: 20 },
};
/** After this time without use, a coordinator has evicted the windows that it kept for other sessions. */
const KEPT_MAX_MS = 20_000;
const UNIT = 'of the first';

const cpuArm = (count) => `${count} sessions at once, CPU of one more`;
const timeArm = (count) => `${count} sessions at once, time of one more`;
const armsOf = (nameOf, valueOf) => Object.fromEntries(COUNTS.map((count) => [nameOf(count), valueOf(count)]));

export const sharedTargets = armsOf(cpuArm, () => ({ valueMax: 0.5 }));

/** @param market at least 200 symbols × 40 days without holes */
export function sharedArms(bench, system, market) {
  const costs = new Map(); // the last results of `costOf`, by how many sessions ran at once
  const measure = async (count) => {
    costs.set(count, await costOf(bench, system, partOf(market, SIZE, FIRST[count]), count));
  };
  /** What each session after the first costs, as a share of a single session. */
  const oneMore = (count, field) => (costs.get(count)[field] / costs.get(1)[field] - 1) / (count - 1);
  const cpuOfOneMore = async (count) => {
    // The first of these arms in a round measures the single session for all of them.
    if (count === COUNTS[0]) {
      await delay(KEPT_MAX_MS); // no session shares a read of the round before
      await measure(1);
    }
    await measure(count);
    return { unit: UNIT, rate: oneMore(count, 'cpuSeconds') };
  };
  return {
    ...armsOf(cpuArm, (count) => () => cpuOfOneMore(count)),
    ...armsOf(timeArm, (count) => computed(() => oneMore(count, 'seconds'), UNIT)),
  };
}

/** Runs `count` sessions that start together. @returns the seconds until all have completed, and their CPU seconds in all processes */
async function costOf(bench, system, market, count) {
  await system.meter.settled();
  const onCreated = meetingOf(count, () => system.meter.reset());
  const options = { onCreated, countsEnd: true };
  const runs = Array.from({ length: count }, () => runSession(bench, system, market, NO_UPKEEP, options));
  const samples = await Promise.all(runs);
  // Each session read the meter at its own end, so the last reading covers all of them.
  return {
    seconds: Math.max(...samples.map(({ seconds }) => seconds)),
    cpuSeconds: Math.max(...samples.map(systemCpu)),
  };
}

/** The CPU seconds of a session in all processes that it needs. */
export function systemCpu({ cpu: { postgres, redis, coordinator } }) {
  return postgres + redis + coordinator;
}

/** A function that lets `count` callers wait for each other: the last one to call it runs `act`, then all of them continue. */
function meetingOf(count, act) {
  let waitedFor = count;
  let release;
  const released = new Promise((resolve) => (release = resolve));
  return () => {
    if (--waitedFor === 0) {
      act();
      release();
    }
    return released;
  };
}
