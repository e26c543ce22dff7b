/**
 * The spec of a session as a program writes it. The coordinator checks it with the schema of `@barkeep/bars`, whose inferred type has no
 * comments that an editor could show; spec-input.test.ts checks that both have the same fields. docs/api.md explains them.
 */

/** A session spec; only `symbols`, `start`, `end` and `source` are needed, everything else has a default. */
export interface SpecInput {
  /** 1 to 64 letters, digits, dots, underscores and dashes; the first is a letter or digit. @default a random id */
  readonly id?: string;
  /** 1 to 5,000 symbols, or `dataset`: all symbols that the source has when the session is created. */
  readonly symbols: readonly string[] | 'dataset';
  /** A shipped calendar, such as `XNYS` or `24/7`, or one of your own (docs/time.md). @default 'XNYS' */
  readonly calendar?: string;
  /** `extended` only where the calendar has extended hours. @default 'regular' */
  readonly hours?: 'regular' | 'extended';
  /** The first trading date, `YYYY-MM-DD`. */
  readonly start: string;
  /** The last trading date, `YYYY-MM-DD`; it is part of the session. */
  readonly end: string;
  /** The interval of the bars of the source, in minutes or hours. @default '1m' */
  readonly baseInterval?: string;
  /** Up to 16 longer intervals: whole multiples of the base interval, or `1d`. @default ['5m', '15m'] */
  readonly derivedIntervals?: readonly string[];
  /** Where the bars come from. */
  readonly source: SpecDataset | SpecFeed;
  /** Up to 8 datasets or repositories that repair missing bars, the best one first. @default [] */
  readonly backfill?: readonly string[];
  /** `any`: prices of 0 and below are valid. @default 'positive' */
  readonly prices?: 'positive' | 'any';
  /** How the clock moves. @default as fast as possible */
  readonly pace?: MaxPace | ClockPace | LockstepPace;
  /** Limits of waiting for the source. */
  readonly feed?: {
    /** Seconds of silence until a dataset's day is given up, or the clock no longer waits for a fed stream, 1 to 86,400. @default 60 */
    readonly timeoutSeconds?: number;
  };
  /** Days before `start`, and days that are removed behind the clock. */
  readonly history?: SpecHistory;
  /** How missing bars are repaired and derived bars are made. */
  readonly upkeep?: SpecUpkeep;
  /** Hours after its end until a session is removed, up to 87,600; 0 keeps it. @default 24 */
  readonly retentionHours?: number;
}

/** The bars of a dataset. */
export interface SpecDataset {
  /** A dataset. */
  readonly type: 'dataset';
  /** Name of the dataset. */
  readonly dataset: string;
}

/** The bars that programs feed. */
export interface SpecFeed {
  /** A feed. */
  readonly type: 'feed';
  /** How much later than a newer bar of its symbol a bar may come, seconds, up to 86,400. @default 0 */
  readonly latenessSeconds?: number;
}

/** The clock moves as fast as possible. */
export interface MaxPace {
  /** As fast as possible. */
  readonly mode: 'max';
}

/** The clock moves at a multiple of real time. */
export interface ClockPace {
  /** By real time. */
  readonly mode: 'clock';
  /** Simulated seconds per second, 0.1 to 100,000. */
  readonly speed: number;
  /** What happens when the bars come later than the clock would show them. @default 'wait' */
  readonly overrun?: 'wait' | 'fail';
}

/** The clock waits for the slowest consumer. */
export interface LockstepPace {
  /** As fast as the consumers. */
  readonly mode: 'lockstep';
  /** How far the clock may be ahead of the slowest consumer, in base bars, 1 to 100,000. @default 30 */
  readonly window?: number;
  /** How many consumers must have joined before the clock moves, up to 1,000. @default 1 */
  readonly consumers?: number;
  /** Seconds without a sign of life after which a consumer is silent, 1 to 86,400. @default 30 */
  readonly heartbeatSeconds?: number;
  /** `drop`: the clock goes on without a silent consumer; `hold`: it waits for it. @default 'drop' */
  readonly onSilence?: 'drop' | 'hold';
}

/** Days before the first day of a session, and how many finished days it keeps. */
export interface SpecHistory {
  /** Trading days before `start`; excludes `bars`. @default 0 */
  readonly trailingDays?: number;
  /** As many days before `start` as give each symbol this many bars; excludes `trailingDays`. */
  readonly bars?: number;
  /** The interval of these `bars`. @default the base interval */
  readonly interval?: string;
  /** Finished trading days that are kept, besides the day that streams; 0 keeps all. @default 0 */
  readonly retainDays?: number;
}

/** How missing bars are repaired and derived bars are made. The variables `DATA_UPKEEP_*` of the coordinator change most defaults. */
export interface SpecUpkeep {
  /** False: workers neither repair nor derive, unless `upkeep()` of the session asks for it. @default true */
  readonly enabled?: boolean;
  /** Seconds between two rounds, 1 to 86,400. @default 60 */
  readonly everySeconds?: number;
  /** Where the clock waits for repairs: at the end of each day, every so many minutes, or nowhere. @default 'day' */
  readonly barrier?: 'day' | 'none' | MinutesBarrier;
  /** False: as if `maxRetries` were 1. @default true */
  readonly retryMissingBars?: boolean;
  /** Answers without the bar until a slot is unfillable, 1 to 100. @default 5 */
  readonly maxRetries?: number;
  /** What happens when a repository fails in every attempt. `continue`: its slots are absent for now. @default 'wait' */
  readonly onFailure?: 'wait' | 'continue' | 'fail';
  /** False: workers derive no bars. @default true */
  readonly autoComputeDerived?: boolean;
}

/** A barrier within the day. */
export interface MinutesBarrier {
  /** Minutes of trading between two barriers, 1 to 1,440. */
  readonly minutes: number;
}
