/** Tests the choice of schedules, and the percentiles of the report. */
import { FAULTS } from './faults/index.js';
import { KINDS } from './kinds.js';
import { percentile } from './report.js';
import { scheduleOf } from './schedule.js';

test('the same seed gives the same schedule', () => {
  for (let seed = 1; seed <= 50; seed++)
    expect(scheduleOf(seed, { faults: FAULTS })).toEqual(scheduleOf(seed, { faults: FAULTS }));
});

test('schedules have one to four faults, and every fault meets every kind of session that it suits', () => {
  const seen = new Set<string>();
  // Enough seeds for the rarest pair of fault and kind.
  for (let seed = 1; seed <= 8_000; seed++) {
    const schedule = scheduleOf(seed, { faults: FAULTS });
    expect(schedule.faults.length).toBeGreaterThan(0);
    expect(schedule.faults.length).toBeLessThan(5);
    for (const { name } of schedule.faults) seen.add(`${schedule.kind} ${name}`);
  }
  const kinds = Object.entries(KINDS).filter(([, { isByName }]) => !isByName);
  const all = kinds.flatMap(([name, kind]) =>
    FAULTS.filter((fault) => !fault.isByName && fault.suits(kind)).map((fault) => `${name} ${fault.name}`),
  );
  expect([...seen].sort()).toEqual(all.sort());
});

test('a schedule can be limited to one fault and one kind', () => {
  const { kind, faults } = scheduleOf(3, { faults: FAULTS, only: 'consumer-kill', kind: 'lockstep-3' });
  expect(kind).toBe('lockstep-3');
  expect(new Set(faults.map(({ name }) => name))).toEqual(new Set(['consumer-kill']));
});

test('a percentile is the value up to which a share of the values lie', () => {
  // 200 down to 1: the order does not matter.
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect([0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([100, 198, 200]);
});
