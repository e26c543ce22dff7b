/**
 * The coordinator's answers, as the command line uses them. An answer is checked field by field when it comes: another
 * version, or another service on that port, is told as such and not as "undefined".
 */

import { array, type Fields, number, object, sum, text, textOrNull, unexpected } from './answer-fields.js';

/** Slots of a session or symbol by what became of them. */
export interface SlotCounts {
  expected: number;
  filled: number;
  streamed: number;
  backfilled: number;
  noTrade: number;
  unfillable: number;
  absent: number;
  missing: number;
}
const COUNTS = ['expected', 'filled', 'streamed', 'backfilled', 'noTrade', 'unfillable', 'absent', 'missing'] as const;

export interface SessionStatus {
  id: string;
  state: string;
  /** ISO 8601 UTC, or null before the session moved. */
  clock: string | null;
  frontier: string | null;
  watermark: string | null;
  /** 0 to 1. */
  progress: number;
  error: string | null;
  symbols: string[];
  /** Whether upkeep can fill or settle what is missing: it is on, and there is a dataset to ask. */
  repairs: boolean;
  counts: SlotCounts & { refused: number };
  consumers: ConsumerStatus[];
  /** The answer as it came, for `--json`. */
  raw: object;
}

/** Who follows a session. */
export interface ConsumerStatus {
  name: string;
  state: string;
  /** ISO 8601 UTC. */
  time: string;
  steps: number;
}

export interface SymbolMetrics extends SlotCounts {
  symbol: string;
  /** 0 to 100, or null before anything is expected. */
  barQuality: number | null;
  gapCount: number;
  raw: object;
}

export interface Digest {
  digest: string;
  chunks: number;
  bars: number;
  raw: object;
}

export interface BarAnswer {
  openTime: string;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  origin: string;
  complete: boolean;
  sourceCount: number;
  expectedCount: number;
  raw: object;
}

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
    counts: { ...slotCounts(counts), refused: sum(counts['refused']) },
    // A coordinator of an earlier version knows of none.
    consumers: 'consumers' in fields ? array(fields, 'consumers').map(readConsumer) : [],
    raw: fields,
  };
}

function readConsumer(value: unknown): ConsumerStatus {
  const fields = object(value, 'a consumer');
  const [name, state, time] = [text(fields, 'name'), text(fields, 'state'), text(fields, 'time')];
  return { name, state, time, steps: number(fields, 'steps') };
}

export function readSessionPage(value: unknown): { sessions: SessionStatus[]; nextCursor?: string } {
  const fields = object(value, 'a page of sessions');
  const nextCursor = textOrNull(fields, 'nextCursor') ?? undefined;
  return { sessions: array(fields, 'sessions').map(readSession), nextCursor };
}

export function readMetrics(value: unknown): SymbolMetrics {
  const raw = object(value, 'metrics');
  const barQuality = raw['barQuality'] === null ? null : number(raw, 'barQuality');
  return { symbol: text(raw, 'symbol'), barQuality, gapCount: number(raw, 'gapCount'), ...slotCounts(raw), raw };
}

export function readDigest(value: unknown): Digest {
  const raw = object(value, 'a digest');
  return { digest: text(raw, 'digest'), chunks: number(raw, 'chunks'), bars: number(raw, 'bars'), raw };
}

export function readBars(value: unknown): BarAnswer[] {
  if (!Array.isArray(value)) throw unexpected('an array of bars', value);
  return value.map((item: unknown) => {
    const raw = object(item, 'a bar');
    const numbers = { open: number(raw, 'open'), high: number(raw, 'high'), low: number(raw, 'low') };
    const rest = { close: number(raw, 'close'), volume: number(raw, 'volume') };
    const counts = { sourceCount: number(raw, 'sourceCount'), expectedCount: number(raw, 'expectedCount') };
    const complete = raw['complete'] === true;
    return {
      openTime: text(raw, 'openTime'),
      origin: text(raw, 'origin'),
      complete,
      ...numbers,
      ...rest,
      ...counts,
      raw,
    };
  });
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
