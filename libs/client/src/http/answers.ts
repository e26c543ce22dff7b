/**
 * The coordinator's answers, as programs use them. An answer is checked field by field when it comes: another
 * version, or another service on that port, is told as such and not as "undefined".
 */

import type { SlotCounts } from '@barkeep/bars';
import { array, type Fields, number, object, sum, text, textOrNull, unexpected } from './answer-fields.js';

export type { SlotCounts };
const COUNTS = ['expected', 'filled', 'streamed', 'backfilled', 'noTrade', 'unfillable', 'absent', 'missing'] as const;

/** Slots of all symbols of a session, and what was refused. */
export interface SessionCounts extends SlotCounts {
  /** Bars that were refused. */
  refused: number;
  /** Rows of the source that no slot of the calendar takes. */
  outside: number;
  /** Rows of the source in extended hours that the session does not have. */
  extended: number;
}

/** A session as its coordinator shows it. */
export interface SessionStatus {
  /** Its id. */
  id: string;
  /** `created`, `running`, `paused`, `waiting-upkeep`, `completed`, `stopped`, `failed` or `lost`. */
  state: string;
  /** ISO 8601 UTC, or null before the session moved. */
  clock: string | null;
  /** Up to where the source is in the store, ISO 8601 UTC. */
  frontier: string | null;
  /** Up to where every slot is filled, settled or absent and every derived bar up to date, ISO 8601 UTC. */
  watermark: string | null;
  /** How far the clock is, 0 to 1. */
  progress: number;
  /** Why it failed. */
  error: string | null;
  /** The symbols that it has now. */
  symbols: string[];
  /** Whether upkeep can fill or settle what is missing: it is on, and there is a dataset to ask. */
  repairs: boolean;
  /** Slots of all symbols, and the bars that were refused. */
  counts: SessionCounts;
  /** Who follows it, and who did. */
  consumers: ConsumerStatus[];
  /** The answer as it came, for `--json`. */
  raw: object;
}

/** Who follows a session. */
export interface ConsumerStatus {
  /** Its name. */
  name: string;
  /** `active`, `silent`, `dropped` or `left`. */
  state: string;
  /** It has been through every step up to here, ISO 8601 UTC. */
  time: string;
  /** Steps that were delivered to it. */
  steps: number;
}

/** Quality of the data of one symbol. */
export interface SymbolMetrics extends SlotCounts {
  /** The symbol. */
  symbol: string;
  /** 0 to 100, or null before anything is expected. */
  barQuality: number | null;
  /** Maximal runs of empty slots. */
  gapCount: number;
  /** The answer as it came. */
  raw: object;
}

/** One gap of a symbol. */
export interface GapAnswer {
  /** Open time of its first slot, ISO 8601 UTC. */
  start: string;
  /** Close time of its last slot, ISO 8601 UTC: the end is not in it. */
  end: string;
  /** Slots in it. */
  bars: number;
  /** What is known of it: `missing`, `absent` or `unfillable`. */
  status: string;
  /** How often it was asked for. */
  attempts: number;
  /** What the repository failed with last. */
  lastError: string | null;
}

/** SHA-256 over everything that a session has stored (invariant I1). */
export interface Digest {
  /** 64 hexadecimal digits. */
  digest: string;
  /** Day chunks under it. */
  chunks: number;
  /** Base bars under it. */
  bars: number;
  /** The answer as it came. */
  raw: object;
}

/** A fed bar that was not taken. */
export interface FeedProblem {
  /** Its place among what was sent, from 0. */
  index: number;
  /** Why it was not taken. */
  reason: string;
}

/** What became of bars that were fed. */
export interface FeedAnswer {
  /** Bars that were written. */
  accepted: number;
  /** Bars that were there already, with the same values. */
  duplicates: number;
  /** Of the accepted ones: those that came behind the frontier. */
  late: number;
  /** Bars that differ from one that is there; they are quarantined. */
  conflicts: number;
  /** Refused bars by their reason; they are quarantined. */
  refused: Record<string, number>;
  /** The first hundred of the bars that were not taken. */
  problems: FeedProblem[];
}

/** A bar as the coordinator answers it. */
export interface BarAnswer {
  /** ISO 8601 UTC. */
  openTime: string;
  /** First price. */
  open: number;
  /** Highest price. */
  high: number;
  /** Lowest price. */
  low: number;
  /** Last price. */
  close: number;
  /** Traded volume. */
  volume: number;
  /** `streamed`, `backfilled`, `derived` or `filled-forward`. */
  origin: string;
  /** Whether every expected source bar is in it. */
  complete: boolean;
  /** Source bars that are in it. */
  sourceCount: number;
  /** Source bars that its window has slots for. */
  expectedCount: number;
  /** The answer as it came. */
  raw: object;
}

/** A session. @throws UnexpectedAnswerError */
export function readSession(value: unknown): SessionStatus {
  const fields = object(value, 'a session');
  const spec = object(fields['spec'], 'spec');
  const counts = object(fields['counts'], 'counts');
  return {
    id: text(fields, 'id'),
    state: text(fields, 'state'),
    clock: textOrNull(fields, 'clock'),
    frontier: textOrNull(fields, 'frontier'),
    watermark: textOrNull(fields, 'watermark'),
    progress: number(fields, 'progress'),
    error: textOrNull(fields, 'error'),
    // Symbols come and go; a coordinator of an earlier version names those of the spec alone.
    symbols: array('symbols' in fields ? fields : spec, 'symbols').map(String),
    repairs: repairs(spec),
    counts: { ...slotCounts(counts), refused: sum(counts['refused']), ...outsideCounts(counts) },
    // A coordinator of an earlier version knows of none.
    consumers: 'consumers' in fields ? array(fields, 'consumers').map(readConsumer) : [],
    raw: fields,
  };
}

function outsideCounts(counts: Fields): { outside: number; extended: number } {
  return { outside: number(counts, 'outside'), extended: number(counts, 'extended') };
}

function readConsumer(value: unknown): ConsumerStatus {
  const fields = object(value, 'a consumer');
  const [name, state, time] = [text(fields, 'name'), text(fields, 'state'), text(fields, 'time')];
  return { name, state, time, steps: number(fields, 'steps') };
}

/** A page of sessions. @throws UnexpectedAnswerError */
export function readSessionPage(value: unknown): { sessions: SessionStatus[]; nextCursor?: string } {
  const fields = object(value, 'a page of sessions');
  const nextCursor = textOrNull(fields, 'nextCursor') ?? undefined;
  return { sessions: array(fields, 'sessions').map(readSession), nextCursor };
}

/** The metrics of a symbol. @throws UnexpectedAnswerError */
export function readMetrics(value: unknown): SymbolMetrics {
  const raw = object(value, 'metrics');
  const barQuality = raw['barQuality'] === null ? null : number(raw, 'barQuality');
  return { symbol: text(raw, 'symbol'), barQuality, gapCount: number(raw, 'gapCount'), ...slotCounts(raw), raw };
}

/** A digest. @throws UnexpectedAnswerError */
export function readDigest(value: unknown): Digest {
  const raw = object(value, 'a digest');
  return { digest: text(raw, 'digest'), chunks: number(raw, 'chunks'), bars: number(raw, 'bars'), raw };
}

/** Bars. @throws UnexpectedAnswerError */
export function readBars(value: unknown): BarAnswer[] {
  if (!Array.isArray(value)) throw unexpected('an array of bars', value);
  return value.map((item: unknown) => {
    const raw = object(item, 'a bar');
    const prices = { open: number(raw, 'open'), high: number(raw, 'high'), low: number(raw, 'low') };
    const rest = { close: number(raw, 'close'), volume: number(raw, 'volume') };
    const counts = { sourceCount: number(raw, 'sourceCount'), expectedCount: number(raw, 'expectedCount') };
    const complete = raw['complete'] === true;
    return {
      openTime: text(raw, 'openTime'),
      origin: text(raw, 'origin'),
      complete,
      ...prices,
      ...rest,
      ...counts,
      raw,
    };
  });
}

/** Gaps. @throws UnexpectedAnswerError */
export function readGaps(value: unknown): GapAnswer[] {
  if (!Array.isArray(value)) throw unexpected('an array of gaps', value);
  return value.map((item: unknown) => {
    const raw = object(item, 'a gap');
    const place = { start: text(raw, 'start'), end: text(raw, 'end'), bars: number(raw, 'bars') };
    const known = { status: text(raw, 'status'), attempts: number(raw, 'attempts') };
    return { ...place, ...known, lastError: textOrNull(raw, 'lastError') };
  });
}

/** What became of fed bars. @throws UnexpectedAnswerError */
export function readFeed(value: unknown): FeedAnswer {
  const raw = object(value, 'the answer to fed bars');
  const counts = { accepted: number(raw, 'accepted'), duplicates: number(raw, 'duplicates') };
  const others = { late: number(raw, 'late'), conflicts: number(raw, 'conflicts') };
  const problems = array(raw, 'problems').map((item: unknown) => {
    const fields = object(item, 'a problem');
    return { ...fields, index: number(fields, 'index'), reason: text(fields, 'reason') };
  });
  return { ...counts, ...others, refused: numbers(raw['refused'], 'refused'), problems };
}

function numbers(value: unknown, what: string): Record<string, number> {
  const fields = object(value, what);
  return Object.fromEntries(Object.keys(fields).map((name) => [name, number(fields, name)]));
}

function repairs(spec: Fields): boolean {
  const upkeep = object(spec['upkeep'], 'upkeep');
  return array(spec, 'backfill').length > 0 && upkeep['enabled'] !== false && upkeep['retryMissingBars'] !== false;
}

function slotCounts(fields: Fields): SlotCounts {
  const counts = {
    expected: 0,
    filled: 0,
    streamed: 0,
    backfilled: 0,
    noTrade: 0,
    unfillable: 0,
    absent: 0,
    missing: 0,
  };
  for (const name of COUNTS) counts[name] = number(fields, name);
  return counts;
}
