/**
 * The coordinator's answers, as programs use them. Programs import these types and not those of `@barkeep/api`, so names and fields
 * may differ from the ones there.
 */
import * as api from '@barkeep/api';
import { z } from 'zod';
import { checked, withRaw } from './read-answer.js';

export type { GapAnswer } from '@barkeep/api';
export type { SlotCounts } from '@barkeep/bars';

/** What the client adds to an answer. */
interface Raw {
  /** The answer as it came, before fields were added. */
  raw: object;
}

/** A session as its coordinator shows it. */
export interface SessionStatus extends api.SessionAnswer, Raw {
  /** Whether upkeep fills or settles missing bars: it is enabled, and `backfill` names a repository. */
  repairs: boolean;
}

/** Slots of all symbols of a session by state, and the numbers of rows that were refused or have no slot. */
export type SessionCounts = api.SessionAnswer['counts'];

/** A consumer of a session and its position. */
export type ConsumerStatus = api.ConsumerAnswer;

/** Quality of the data of one symbol. */
export interface SymbolMetrics extends api.MetricsAnswer, Raw {}

/** SHA-256 of all bars of the days that a session has finished (invariant I1, docs/ARCHITECTURE.md). */
export interface Digest extends api.DigestAnswer, Raw {}

/** The outcome of feeding bars. */
export type FeedAnswer = api.FedAnswer;

/** A fed bar that was not stored. */
export type FeedProblem = api.FedAnswer['problems'][number];

/** A bar as the coordinator answers it: unlike the bars of a mirror, with times as text. */
export interface BarAnswer extends api.AnsweredBar, Raw {}

/** A certificate: the digests of a session's trading days, chained. */
export interface Certificate extends Omit<api.CertificateAnswer, 'daysHash'>, Raw {
  /** SHA-256 of the list of the session's trading days; undefined in a file that Barkeep 0.1 saved. */
  daysHash?: string | undefined;
  /** Intervals that the session stores, the shortest first. */
  intervals: string[];
}

/** One trading day of a {@link Certificate}. */
export type CertifiedDay = api.CertificateAnswer['days'][number];

/** Slots of a certified day by state. */
export type CertifiedCounts = CertifiedDay['counts'];

/** What was delivered to one consumer of the session. */
export type CertifiedConsumer = api.CertifiedConsumerAnswer;

/** Checks an answer that is a list of bars. @throws UnexpectedAnswerError */
export function readBars(value: unknown): BarAnswer[] {
  return checked(z.array(api.barAnswer), value).map(withRaw);
}

/** Files that Barkeep 0.1 saved have no hash of the trading days. */
const certificateOrFile = api.certificateAnswer.partial({ daysHash: true });

/** Checks a certificate that a coordinator answered or `barkeep certify` saved. @throws UnexpectedAnswerError */
export function readCertificate(value: unknown): Certificate {
  const certificate = checked(certificateOrFile, value);
  const { baseInterval, derivedIntervals } = certificate.spec;
  return { ...withRaw(certificate), intervals: [baseInterval, ...derivedIntervals] };
}
