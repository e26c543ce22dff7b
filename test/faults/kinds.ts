/**
 * The kinds of sessions of the campaign of faults. They are small, and each uses other parts of the system. A schedule is a session of one
 * kind, and the faults that are made while it runs. Both are drawn from a seed. `--kind` chooses the kind instead, and `--crowd` runs
 * sessions of all kinds at the same time. Pure.
 */

/** What a kind of session needs besides its spec. */
export interface Kind {
  /** How many consumer processes follow it. */
  consumers: number;
  /** True when a feeder process sends the bars. */
  isFed: boolean;
  /** True when the clock waits for upkeep. */
  hasBarrier: boolean;
  /**
   * True for a kind that is not drawn. With another kind to draw from, the seeds that docs/reliability.md names would give other schedules, so
   * later kinds are chosen by `--kind` and `--crowd` only.
   */
  isByName: boolean;
  /** The spec without its id. */
  spec: Readonly<Record<string, unknown>>;
}

export const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD'];
/** A symbol that datasets have and sessions do not. */
export const EXTRA_SYMBOL = 'EEE';
/** Enough symbols for three partitions, which have at most 128. */
export const MANY_SYMBOLS = Array.from({ length: 260 }, (_, i) => `W${1_000 + i}`);
/** Dates of the datasets. */
export const DATES = { start: '2013-10-01', end: '2013-10-16' };
/** Dates of the dataset of {@link MANY_SYMBOLS}. */
export const WIDE_DATES = { start: '2013-10-01', end: '2013-10-02' };

const UPKEEP = { everySeconds: 5, maxRetries: 2 };
/** The parts of a spec that most kinds share. Each kind adds its last date. */
const BASE = {
  symbols: SYMBOLS,
  start: DATES.start,
  derivedIntervals: ['5m', '30m'],
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['reference'],
  retentionHours: 0,
};
/** The repository of `lab/http-repository.ts`, which has the bars of `reference`. */
export const HTTP_REPOSITORY = 'vendor';
const FEED = { type: 'feed', latenessSeconds: 0 };
/** A multiple of real time at which a session takes some seconds. */
const PACE = { mode: 'clock', speed: 25_000 };

interface KindOptions {
  /** @default 'day' */
  barrier?: 'day' | 'none' | { minutes: number };
  consumers?: number;
  isFed?: boolean;
  isByName?: boolean;
}

/** @param changes parts of the spec that are added to {@link BASE}, or replace its parts */
function kind(
  changes: object,
  { barrier = 'day', consumers = 0, isFed = false, isByName = false }: KindOptions = {},
): Kind {
  const spec = { ...BASE, upkeep: { ...UPKEEP, barrier }, ...changes };
  return { consumers, isFed, hasBarrier: barrier !== 'none', isByName, spec };
}

function lockstep(consumers: number): Kind {
  const pace = { mode: 'lockstep', window: 60, consumers, heartbeatSeconds: 5, onSilence: 'hold' };
  return kind({ end: '2013-10-04', pace }, { consumers });
}

/**
 * `day`, `minutes` and `none` differ in the barrier; the others are named by what else they use. The datasets: `stream` and `sparse` lack
 * bars, `reference` has all, `packed` has packs, and `wide` is of many symbols (lab/datasets.ts).
 */
export const KINDS = {
  day: kind({ end: DATES.end }),
  minutes: kind({ end: '2013-10-04' }, { barrier: { minutes: 30 } }),
  none: kind({ end: '2013-10-03', pace: PACE }, { barrier: 'none' }),
  paced: kind({ end: '2013-10-03', pace: PACE }),
  'lockstep-1': lockstep(1),
  'lockstep-3': lockstep(3),
  fed: kind({ end: '2013-10-02', source: FEED }, { isFed: true, barrier: { minutes: 30 } }),
  history: kind({ start: '2013-10-04', end: '2013-10-07', history: { trailingDays: 3 } }, { barrier: { minutes: 60 } }),
  retained: kind({ end: '2013-10-08', history: { trailingDays: 0, retainDays: 2 } }, { barrier: { minutes: 60 } }),
  packed: kind({ end: '2013-10-04', source: { type: 'dataset', dataset: 'packed' } }, { barrier: { minutes: 30 } }),
  wide: kind(
    { ...WIDE_DATES, symbols: MANY_SYMBOLS, source: { type: 'dataset', dataset: 'wide' } },
    { barrier: { minutes: 60 } },
  ),
  http: kind({ end: '2013-10-04', backfill: [HTTP_REPOSITORY] }, { isByName: true, barrier: { minutes: 60 } }),
  'http-second': kind({ end: '2013-10-04', backfill: ['sparse', HTTP_REPOSITORY] }, { isByName: true }),
  'http-paced': kind({ end: '2013-10-03', backfill: [HTTP_REPOSITORY], pace: PACE }, { isByName: true }),
  'fed-paced': kind(
    { end: '2013-10-02', source: FEED, backfill: [HTTP_REPOSITORY], pace: PACE },
    { isByName: true, isFed: true, barrier: { minutes: 30 } },
  ),
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
