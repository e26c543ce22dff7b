/**
 * Tests the checker on evidence that is made here: a session without faults, changed in one respect at a time.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { violationsOf, type Evidence, type Outcome } from './checker.js';
import { KINDS } from './kinds.js';

/** Of 10 slots, 8 are filled and 2 are unfillable. */
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
const outcome: Outcome = {
  digest: 'd',
  certificate: 'c',
  dayEvents: ['opened', 'closed'],
  counts,
  metrics: [],
  consumers: [],
};
/** The clock may reach 40, the watermark. Without a barrier it may reach 50, the frontier. */
const sample = (at: number, clock: number) => ({ at, clock, frontier: 50, watermark: 40 });

function evidence(change: Partial<Evidence> = {}): Evidence {
  return {
    kind: KINDS.day,
    reference: outcome,
    outcome,
    observations: { samples: [sample(1, 10), sample(2, 40)], silentMs: 0 }, // every coordinator always answered
    setsBack: false, // no fault took data
    changesSymbols: false,
    jobsLeft: [],
    keysLeft: [],
    ...change,
  };
}

const violationsAfter = (change: Partial<Evidence>) =>
  violationsOf(evidence(change)).map(({ kind, what }) => `${kind}: ${what}`);

test('a session that ends as the undisturbed one has no violations', () => {
  expect(violationsOf(evidence())).toEqual([]);
});

test('I1 I6 another digest, other counts and counts that do not add up are violations', () => {
  const wrong = { ...outcome, digest: 'e', counts: { ...counts, filled: 7 } };
  expect(violationsAfter({ outcome: wrong })).toEqual([
    'wrong: I1 digest: expected "d", was "e"',
    expect.stringContaining('wrong: counts: '),
    'wrong: I6 sum of the counts: expected 10, was 9',
  ]);
});

test('an event that is emitted twice, and another certificate, are violations', () => {
  const wrong = { ...outcome, certificate: 'x', dayEvents: ['opened', 'closed', 'closed'] };
  expect(violationsAfter({ outcome: wrong })).toEqual([
    'wrong: certificate: expected "c", was "x"',
    expect.stringContaining('wrong: events of days: '),
  ]);
});

const BEYOND_WATERMARK = sample(1, 45);
const GONE_BACK = sample(2, 30);
const BEYOND_FRONTIER = sample(3, 60);

test('I2 a clock beyond frontier or watermark, and one that goes back, are violations', () => {
  const samples = [BEYOND_WATERMARK, GONE_BACK, BEYOND_FRONTIER];
  const iso = (ms: number) => new Date(ms).toISOString();
  expect(violationsAfter({ observations: { samples, silentMs: 0 } })).toEqual([
    `wrong: I2: the clock ${iso(45)} passed the watermark ${iso(40)}`,
    `wrong: I2: the clock went back from ${iso(45)} to ${iso(30)}`,
    `wrong: I2: the clock ${iso(60)} passed the frontier ${iso(50)}`,
    `wrong: I2: the clock ${iso(60)} passed the watermark ${iso(40)}`,
  ]);
});

test('without a barrier the clock may pass the watermark, and after a loss of data it may go back', () => {
  const observations = { samples: [BEYOND_WATERMARK, GONE_BACK], silentMs: 0 };
  expect(violationsAfter({ observations, kind: KINDS.none, setsBack: true })).toEqual([]);
});

test('blocked loops, and keys and jobs that are left are violations', () => {
  const change = {
    jobsLeft: ['j'],
    keysLeft: ['k'],
    observations: { samples: [], silentMs: 60_000 },
  };
  expect(violationsOf(evidence(change)).map(({ kind }) => kind)).toEqual(['blocked', 'left', 'left']);
});
