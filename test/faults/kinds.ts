/** The kinds of sessions that schedules run: small ones, each with another way through the system. Pure. */

/** What a kind of session needs besides its spec. */
export interface Kind {
  /** Number of consumer processes. */
  consumers: number;
  /** True when a feeder process sends the bars. */
  isFed: boolean;
  /** True when the clock waits for upkeep. */
  hasBarrier: boolean;
  /** The spec without its id. */
  spec: Readonly<Record<string, unknown>>;
}

export const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD'];
/** A symbol that datasets have and sessions do not. */
export const EXTRA_SYMBOL = 'EEE';
/** Enough symbols for three partitions of 128. */
export const MANY_SYMBOLS = Array.from({ length: 260 }, (_, i) => `W${1_000 + i}`);
export const DATES = { start: '2013-10-01', end: '2013-10-16' };
export const WIDE_DATES = { start: '2013-10-01', end: '2013-10-02' };

const UPKEEP = { everySeconds: 5, maxRetries: 2 };
const BASE = {
  symbols: SYMBOLS,
  start: '2013-10-01',
  derivedIntervals: ['5m', '30m'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['reference'],
  retentionHours: 0,
};
const PACE = { mode: 'clock', speed: 25_000 };

function kind(spec: object, { barrier = 'day', ...rest }: { barrier?: unknown } & Partial<Kind> = {}): Kind {
  return {
    consumers: 0,
    isFed: false,
    hasBarrier: barrier !== 'none',
    ...rest,
    spec: { ...BASE, upkeep: { ...UPKEEP, barrier }, ...spec },
  };
}

function lockstep(consumers: number): Kind {
  const pace = { mode: 'lockstep', window: 60, consumers, heartbeatSeconds: 5, onSilence: 'hold' };
  return kind({ end: '2013-10-04', pace }, { consumers });
}

export const KINDS = {
  day: kind({ end: '2013-10-16' }),
  minutes: kind({ end: '2013-10-04' }, { barrier: { minutes: 30 } }),
  none: kind({ end: '2013-10-03', pace: PACE }, { barrier: 'none' }),
  paced: kind({ end: '2013-10-03', pace: PACE }),
  'lockstep-1': lockstep(1),
  'lockstep-3': lockstep(3),
  fed: kind(
    { end: '2013-10-02', source: { type: 'feed', latenessSeconds: 0 } },
    { isFed: true, barrier: { minutes: 30 } },
  ),
  history: kind({ start: '2013-10-04', end: '2013-10-07', history: { trailingDays: 3 } }, { barrier: { minutes: 60 } }),
  retained: kind({ end: '2013-10-08', history: { trailingDays: 0, retainDays: 2 } }, { barrier: { minutes: 60 } }),
  packed: kind({ end: '2013-10-04', source: { type: 'dataset', dataset: 'packed' } }, { barrier: { minutes: 30 } }),
  wide: kind(
    { ...WIDE_DATES, symbols: MANY_SYMBOLS, source: { type: 'dataset', dataset: 'wide' } },
    { barrier: { minutes: 60 } },
  ),
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
