import { FAULTS } from './faults/index.js';
import { KINDS } from './kinds.js';
import { percentile } from './report.js';
import { scheduleOf } from './schedule.js';

test('the same seed gives the same schedule, and every fault meets every kind that it suits', () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 8_000; seed++) {
    const schedule = scheduleOf(seed, { faults: FAULTS });
    if (seed <= 50) expect(scheduleOf(seed, { faults: FAULTS })).toEqual(schedule);
    expect(schedule.faults.length).toBeGreaterThan(0);
    expect(schedule.faults.length).toBeLessThan(5);
    for (const { name } of schedule.faults) seen.add(`${schedule.kind} ${name}`);
  }
  const all = Object.entries(KINDS).flatMap(([name, kind]) =>
    FAULTS.filter((fault) => !fault.isByName && fault.suits(kind)).map((fault) => `${name} ${fault.name}`),
  );
  expect([...seen].sort()).toEqual(all.sort());
});

test('a schedule can be limited to one fault and one kind', () => {
  const { kind, faults } = scheduleOf(3, { faults: FAULTS, only: 'consumer-kill', kind: 'lockstep-3' });
  expect(kind).toBe('lockstep-3');
  expect(new Set(faults.map(({ name }) => name))).toEqual(new Set(['consumer-kill']));
});

test('a percentile is the smallest value that covers the share', () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect([0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([100, 198, 200]);
});
