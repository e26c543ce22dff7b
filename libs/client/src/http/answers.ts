/**
 * The coordinator's answers, as programs use them. Each one is checked against its schema in `@barkeep/api`, so another version, or
 * another service on that port, gives a clear error and not an "undefined" later. Fields
 * that the schema does not have are ignored: a newer coordinator may add some.
 */
import * as api from '@barkeep/api';
import { problemsOf } from '@barkeep/bars';
import { z } from 'zod';
import { UnexpectedAnswerError } from '../errors.js';

export type { GapAnswer } from '@barkeep/api';
export type { SlotCounts } from '@barkeep/bars';

/** A session as its coordinator shows it. */
export interface SessionStatus extends api.SessionAnswer {
  /** Whether upkeep can fill or settle what is missing: it is on, and the spec names a dataset to ask. */
  repairs: boolean;
  /** The answer as it came, for `--json`. */
  raw: object;
}

/** Slots of all symbols of a session by state, and the number of refused bars. */
export type SessionCounts = api.SessionAnswer['counts'];

/** A consumer of a session and its position. */
export type ConsumerStatus = api.ConsumerAnswer;

/** Quality of the data of one symbol. */
export interface SymbolMetrics extends api.MetricsAnswer {
  /** The answer as it came. */
  raw: object;
}

/** SHA-256 over everything that a session has stored (invariant I1). */
export interface Digest extends api.DigestAnswer {
  /** The answer as it came. */
  raw: object;
}

/** The outcome of feeding bars. */
export type FeedAnswer = api.FedAnswer;

/** A fed bar that was not stored. */
export type FeedProblem = api.FedAnswer['problems'][number];

/** A bar as the coordinator answers it. */
export interface BarAnswer extends api.AnsweredBar {
  /** The answer as it came. */
  raw: object;
}

/** A certificate: the digests of a session's trading days, chained. */
export interface Certificate extends Omit<api.CertificateAnswer, 'daysHash'> {
  /** SHA-256 of the trading days; undefined in a file that Barkeep 0.1 saved. */
  daysHash?: string | undefined;
  /** Intervals that the session stores, the shortest first. */
  intervals: string[];
  /** The document as it came. */
  raw: object;
}

/** One trading day of a {@link Certificate}. */
export type CertifiedDay = api.CertificateAnswer['days'][number];

/** Slots of a certified day by state. */
export type CertifiedCounts = CertifiedDay['counts'];

/** What was delivered to one consumer of the session. */
export type CertifiedConsumer = api.CertifiedConsumerAnswer;

/** Bars. @throws UnexpectedAnswerError */
export function readBars(value: unknown): BarAnswer[] {
  return checked(z.array(api.barAnswer), value).map(withRaw);
}

/** Files that Barkeep 0.1 saved have no hash of the trading days. */
const certificateOrFile = api.certificateAnswer.partial({ daysHash: true });

/** A certificate, as a coordinator answers it or as `barkeep certify` saved it. @throws UnexpectedAnswerError */
export function readCertificate(value: unknown): Certificate {
  const certificate = checked(certificateOrFile, value);
  const { baseInterval, derivedIntervals } = certificate.spec;
  return { ...withRaw(certificate), intervals: [baseInterval, ...derivedIntervals] };
}

/** A session with what programs ask of it. */
export function sessionStatus(session: api.SessionAnswer): SessionStatus {
  const { backfill, upkeep } = session.spec;
  return { ...withRaw(session), repairs: backfill.length > 0 && upkeep.enabled && upkeep.retryMissingBars };
}

export function withRaw<T extends object>(answer: T): T & { raw: object } {
  return { ...answer, raw: answer };
}

/** The answer as it came. The schemas change no value. @throws UnexpectedAnswerError that names the first wrong field */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const issues = schema.safeParse(value).error?.issues.filter(({ code }) => code !== 'unrecognized_keys') ?? [];
  const [wrong] = problemsOf(new z.ZodError(issues), value);
  if (!wrong) return value as z.output<S>;
  const { field, expected, was } = wrong;
  throw new UnexpectedAnswerError(
    `expected ${expected} in the coordinator's answer${field && ` as ${field}`}, was ${was}`,
  );
}
