/**
 * The examples in the OpenAPI document; a test parses those of answers with their schemas. The spec runs on the data of the demonstration.
 * The other values are invented, and need not agree with each other.
 */
import { parseSessionSpec } from '@barkeep/bars';
import { problem, summary } from './problems.js';

export const specExample = {
  id: 'first-run',
  symbols: ['ALPHA', 'EMBER'],
  calendar: 'XNYS',
  start: '2024-03-04',
  end: '2024-03-08',
  derivedIntervals: ['5m', '15m'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['reference'],
};

export const sessionExample = {
  id: 'first-run',
  state: 'completed',
  spec: parseSessionSpec(specExample),
  symbols: parseSessionSpec(specExample).symbols,
  clock: '2024-03-08T21:00:00.000Z',
  frontier: '2024-03-08T21:00:00.000Z',
  watermark: '2024-03-08T21:00:00.000Z',
  progress: 1,
  error: null,
  waitingFor: null,
  warnings: [],
  counts: { ...countsOf({ streamed: 3890, backfilled: 9, unfillable: 1 }), refused: 0, outside: 0, extended: 0 },
  history: null,
  pace: { overruns: 0, lagMs: 0 },
  prefetch: { hits: 4, misses: 0, bytes: 150_208 },
  timedOutDays: [],
  consumers: [],
  createdAt: '2026-01-05T09:00:00.000Z',
  updatedAt: '2026-01-05T09:00:02.000Z',
  completedAt: '2026-01-05T09:00:02.000Z',
};

export const sessionPageExample = { sessions: [sessionExample], nextCursor: null };

const values = { open: 167.41, high: 167.58, low: 167.32, close: 167.49, volume: 1_042_300 };

export const barExample = {
  openTime: '2024-03-04T14:30:00.000Z',
  closeTime: '2024-03-04T14:35:00.000Z',
  ...values,
  origin: 'derived',
  complete: true,
  sourceCount: 5,
  expectedCount: 5,
};

export const metricsExample = {
  symbol: 'EMBER',
  barQuality: 99.95,
  ...countsOf({ streamed: 1940, backfilled: 9, unfillable: 1 }),
  gapCount: 1,
  largestGap: 1,
  watermark: '2024-03-08T21:00:00.000Z',
  date: '2024-03-08',
  sessionHigh: 182.31,
  sessionLow: 178.7,
  sessionVolume: 5_212_300,
  runHigh: 187.33,
  runLow: 178.7,
  runVolume: 21_804_100,
  refused: { 'high-below-low': 1 },
  outside: 0,
  extended: 1250,
  outsideExamples: ['2024-03-04T12:00:00.000Z'],
};

export const gapExample = {
  start: '2024-03-08T17:46:00.000Z',
  end: '2024-03-08T17:47:00.000Z',
  bars: 1,
  status: 'unfillable',
  attempts: 5,
  lastError: null,
};

export const digestExample = {
  digest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  chunks: 30,
  bars: 3899,
};

export const upkeepPlanExample = {
  id: 'first-run',
  requested: false,
  gaps: 1,
  slots: 57,
  symbols: [{ symbol: 'EMBER', gaps: 1, slots: 57, repositories: ['vendor'] }],
};

export const queuesExample = {
  queues: [
    {
      name: 'backfill',
      waiting: 2,
      active: 1,
      delayed: 1,
      failed: 0,
      completed: 0,
      oldestWaitingMs: 1_250,
      running: [{ id: 'backfill.0f0d3f0e.2024-03-04.0', session: 'first-run', since: '2026-01-05T09:00:01.000Z' }],
      failures: [
        {
          id: 'backfill.0f0d3f0e.2024-03-05.0',
          session: 'first-run',
          at: '2026-01-05T09:00:00.000Z',
          message: 'repository vendor failed: 503 Service Unavailable',
        },
      ],
      repairMs: null,
    },
  ],
} as const;

export const layoutExample = {
  id: 'first-run',
  incarnation: '0f0d3f0e-5d0f-4d57-9f8a-9be1a5a0f6a1',
  version: 0,
  keyPrefix: 'barkeep',
  wakeChannel: 'barkeep:wake:first-run',
  keys: {
    meta: '{base}:meta',
    chunk: '{base}:chunk:{interval}:{symbol}:{date}',
    states: '{base}:states:{symbol}:{date}',
  },
  datasets: ['stream', 'reference'],
  intervals: [{ name: '1m', isBase: true, isComputed: true }],
  days: [
    {
      date: '2024-03-04',
      isHistory: false,
      segments: [{ open: '2024-03-04T14:30:00.000Z', close: '2024-03-04T21:00:00.000Z' }],
      slots: { '1m': 390 },
    },
  ],
  partitions: [
    { number: 0, base: 'barkeep:{first-run:0}', stamp: '0f0d3f0e-5d0f-4d57-9f8a-9be1a5a0f6a1', symbols: ['EMBER'] },
  ],
};

export const differenceExample = {
  equal: false,
  first: { symbol: 'EMBER', date: '2024-03-04', slotTime: barExample.openTime, mine: barExample, other: null },
  compared: { symbols: 2, days: 1 },
};

export const daysExample = {
  zone: 'America/New_York',
  days: [
    { ...dayOf('2024-03-04'), expected: 390, visible: 390 },
    { ...dayOf('2024-03-05'), expected: 390, visible: 30 },
  ],
  symbols: [{ symbol: 'EMBER', counts: { streamed: [388, 29], backfilled: [1, 0], noTrade: [1, 0] } }],
  next: null,
};

const { id: _, ...specWithoutId } = parseSessionSpec(specExample);

export const certificateExample = {
  session: 'first-run',
  spec: specWithoutId,
  daysHash: '5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9',
  datasets: ['stream', 'reference'],
  from: 'store',
  storedAt: '2026-01-05T09:00:02.000Z',
  changedSince: [],
  complete: true,
  days: [
    {
      ...dayOf('2024-03-04'),
      digest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      counts: countsOf({ streamed: 770, backfilled: 9, unfillable: 1 }),
    },
  ],
  digest: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
  consumers: [
    {
      name: 'strategy-1',
      time: '2024-03-04T21:00:00.000Z',
      steps: 390,
      bars: 779,
      deliveredHash: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
    },
  ],
};

export const eventStreamExample = `id: ehp8ogz6w
event: clock
data: {"at":"2026-01-05T09:00:01.000Z","time":"2024-03-04T21:00:00.000Z"}

`;

const wrongFields = [{ field: 'end', expected: 'a date not before start, 2024-03-04', was: '"2024-03-01"' }];

export const problemExample = {
  ...problem('invalid-input', summary(wrongFields), { problems: wrongFields }),
  instance: '/v1/sessions',
  requestId: '0f0d3f0e-5d0f-4d57-9f8a-9be1a5a0f6a1',
};

export const fedExample = {
  accepted: 3890,
  duplicates: 39,
  late: 2,
  conflicts: 1,
  refused: { 'high-below-low': 1 },
  problems: [
    { index: 17, line: 18, reason: 'high-below-low', openTime: '2024-03-04T14:47:00.000Z' },
    { index: 40, line: 41, reason: 'conflict', openTime: '2024-03-04T15:10:00.000Z' },
  ],
  stored: 3890,
};

/** A day of regular hours in winter. */
function dayOf(date: string) {
  return { date, open: `${date}T14:30:00.000Z`, close: `${date}T21:00:00.000Z` };
}

/** The counts when each expected slot is streamed, backfilled or unfillable. */
function countsOf({ streamed, backfilled, unfillable }: { streamed: number; backfilled: number; unfillable: number }) {
  const filled = streamed + backfilled;
  const expected = filled + unfillable;
  return { expected, filled, streamed, backfilled, noTrade: 0, unfillable, absent: 0, missing: 0 };
}
