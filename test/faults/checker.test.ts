import { violationsOf, type Evidence, type Outcome } from './checker.js';
import { KINDS } from './kinds.js';

const counts = {
  expected: 10,
  filled: 8,
  streamed: 7,
  backfilled: 1,
  noTrade: 0,
  unfillable: 2,
  absent: 0,
  missing: 0,
};
const outcome: Outcome = { digest: 'd', counts, metrics: [], consumers: [] };
const sample = (at: number, clock: number) => ({ at, clock, frontier: 50, watermark: 40 });

function evidence(change: Partial<Evidence> = {}): Evidence {
  return {
    kind: KINDS.day,
    reference: outcome,
    outcome,
    observations: { samples: [sample(1, 10), sample(2, 40)], silentMs: 0 },
    setsBack: false,
    deaths: [],
    jobsLeft: [],
    keysLeft: [],
    ...change,
  };
}

const found = (change: Partial<Evidence>) => violationsOf(evidence(change)).map(({ kind, what }) => `${kind}: ${what}`);

test('a session that ends as the undisturbed one has no violations', () => {
  expect(violationsOf(evidence())).toEqual([]);
});

test('I1 I6 another digest, other counts and counts that do not add up are violations', () => {
  const wrong = { ...outcome, digest: 'e', counts: { ...counts, filled: 7 } };
  expect(found({ outcome: wrong })).toEqual([
    'wrong: I1 digest: expected "d", was "e"',
    expect.stringContaining('wrong: counts: '),
    'wrong: I6 sum of the counts: expected 10, was 9',
  ]);
});

test('I2 a clock beyond frontier or watermark, and one that goes back, are violations', () => {
  const samples = [sample(1, 45), sample(2, 30), sample(3, 60)];
  expect(found({ observations: { samples, silentMs: 0 } })).toHaveLength(4);
  expect(
    found({ observations: { samples: samples.slice(0, 2), silentMs: 0 }, kind: KINDS.none, setsBack: true }),
  ).toEqual([]);
});

test('dead processes, blocked loops, and keys and jobs that are left are violations', () => {
  const change = {
    deaths: ['worker ended'],
    jobsLeft: ['j'],
    keysLeft: ['k'],
    observations: { samples: [], silentMs: 60_000 },
  };
  expect(violationsOf(evidence(change)).map(({ kind }) => kind)).toEqual(['dead', 'blocked', 'left', 'left']);
});
