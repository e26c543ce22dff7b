/** A certificate as a coordinator answers it and as `barkeep certify` saves it; checked field by field in both cases. */
import { array, number, object, text } from './answer-fields.js';

/** Slots of a certified day by what became of them. */
export interface CertifiedCounts {
  /** All of them. */
  expected: number;
  /** Have a bar. */
  filled: number;
  /** Their bar came from a repository. */
  backfilled: number;
  /** A complete source confirms that nothing traded. */
  noTrade: number;
}

/** One trading day of a {@link Certificate}. */
export interface CertifiedDay {
  /** Trading date, YYYY-MM-DD. */
  date: string;
  /** First open, ISO 8601 UTC. */
  open: string;
  /** Last close, ISO 8601 UTC. */
  close: string;
  /** Digest of the day, chained to that of the day before; 64 hexadecimal digits. */
  digest: string;
  /** Slots of all symbols. */
  counts: CertifiedCounts;
}

/** What was delivered to one who followed the session. */
export interface CertifiedConsumer {
  /** Its name. */
  name: string;
  /** Chained hash of all that was delivered to it, 64 hexadecimal digits. */
  deliveredHash: string;
  /** Steps that were delivered to it. */
  steps: number;
  /** Bars that were delivered to it. */
  bars: number;
  /** It has been through every step up to here, ISO 8601 UTC. */
  time: string;
}

/** What a session's data is, chained by trading day. */
export interface Certificate {
  /** The session's id. */
  session: string;
  /** The trading days that are over, oldest first. */
  days: CertifiedDay[];
  /** Digest of the last day: that of the whole. */
  digest: string;
  /** Whether the session has come to its end. */
  complete: boolean;
  /** Dates that were repaired after the session was complete. */
  changedSince: string[];
  /** Those who followed it, by name. */
  consumers: CertifiedConsumer[];
  /** Intervals that the session stores, the shortest first. */
  intervals: string[];
  /** The document as it came. */
  raw: object;
}

/** A certificate. @throws UnexpectedAnswerError */
export function readCertificate(value: unknown): Certificate {
  const raw = object(value, 'a certificate');
  const spec = object(raw['spec'], 'spec');
  return {
    session: text(raw, 'session'),
    days: array(raw, 'days').map(readDay),
    digest: text(raw, 'digest'),
    complete: raw['complete'] === true,
    changedSince: array(raw, 'changedSince').map(String),
    consumers: array(raw, 'consumers').map(readConsumer),
    intervals: [text(spec, 'baseInterval'), ...array(spec, 'derivedIntervals').map(String)],
    raw,
  };
}

function readConsumer(value: unknown): CertifiedConsumer {
  const consumer = object(value, 'a consumer');
  return {
    name: text(consumer, 'name'),
    deliveredHash: text(consumer, 'deliveredHash'),
    steps: number(consumer, 'steps'),
    bars: number(consumer, 'bars'),
    time: text(consumer, 'time'),
  };
}

function readDay(value: unknown): CertifiedDay {
  const day = object(value, 'a day');
  const counts = object(day['counts'], 'counts');
  return {
    date: text(day, 'date'),
    open: text(day, 'open'),
    close: text(day, 'close'),
    digest: text(day, 'digest'),
    counts: {
      expected: number(counts, 'expected'),
      filled: number(counts, 'filled'),
      backfilled: number(counts, 'backfilled'),
      noTrade: number(counts, 'noTrade'),
    },
  };
}
