/**
 * Certificates of sessions: made from the store while that is there, kept in Postgres once a session is complete and whole,
 * and shown from there when the store is gone, or when a later repair has made the two differ. What was delivered to
 * consumers is kept with it, and again when those that were still under way are through.
 */
import type { SessionCertificates, SessionRow } from '@barkeep/bar-repository';
import { UnknownCalendarError, type SessionSpec } from '@barkeep/bars';
import {
  SessionLostError,
  type Certificate,
  type ConsumerView,
  type OpenSession,
  type SessionConsumers,
} from '@barkeep/session-data';
import type { CertifiedConsumer } from '../openapi/index.js';
import type { CertificateView } from './session-lifecycle.js';
import { consumerView } from './session-views.js';

type Row = SessionRow<SessionSpec>;

/** What Postgres keeps of a session. */
export interface KeptCertificate extends Certificate, KeptConsumers {}

interface KeptConsumers {
  consumers: CertifiedConsumer[];
  /** Somebody had not been through all of it yet, and was still there. */
  awaitsConsumers: boolean;
}

/** A store, and those who follow it. */
export interface CertifiedStore {
  session: OpenSession;
  consumers: SessionConsumers;
}

/** Sessions that one round of {@link Certificates.catchUp} certifies at most. */
const SESSIONS_A_ROUND = 50;

export class Certificates {
  /** By incarnation. */
  private readonly underWay = new Map<string, Promise<Certificate>>();
  /** Incarnations that earlier rounds have tried, until all have had their turn. */
  private readonly tried = new Set<string>();

  constructor(
    private readonly kept: SessionCertificates<SessionSpec, KeptCertificate>,
    private readonly open: (row: Row) => CertifiedStore,
  ) {}

  /** @throws SessionLostError when neither a store nor a kept certificate is there */
  async view(row: Row): Promise<CertificateView> {
    const stored = await this.kept.find(row);
    const { id, ...spec } = { ...row.spec, id: row.id };
    const { datasets } = this.open(row).session.layout;
    const head = { session: id, spec, datasets: [...datasets], storedAt: stored?.storedAt.toISOString() ?? null };
    try {
      const now = { ...(await this.made(row)), consumers: (await this.consumersOf(row)).consumers };
      const changedSince = stored ? changedDates(stored.certificate, now) : [];
      return { ...head, from: 'store', changedSince, ...now };
    } catch (error) {
      if (!(error instanceof SessionLostError) || !stored) throw error;
      const { awaitsConsumers: _, ...kept } = stored.certificate;
      return { ...head, from: 'kept', changedSince: [], ...kept };
    }
  }

  /** Keeps the certificate of a completed session if all its days are whole. @returns whether it did */
  async keep(row: Row): Promise<boolean> {
    const certificate = await this.made(row);
    if (certificate.complete) await this.kept.save(row, { ...certificate, ...(await this.consumersOf(row)) });
    return certificate.complete;
  }

  /**
   * Keeps those that were not kept when their session completed (upkeep was not through, or somebody died), and what was
   * delivered to consumers that came to the end after the session did. One that fails is told to `warn`, and holds up no
   * other: the next round takes the next ones, and after the last begins again. Ends early, between two, once `signal` is aborted.
   */
  async catchUp(warn: (message: string, error: unknown) => void, signal?: AbortSignal): Promise<void> {
    const rows = await this.kept.lacking(SESSIONS_A_ROUND, [...this.tried]);
    if (rows.length < SESSIONS_A_ROUND) this.tried.clear();
    for (const row of rows) {
      if (signal?.aborted) return;
      if (rows.length === SESSIONS_A_ROUND) this.tried.add(row.incarnation);
      try {
        await this.catchUpOne(row);
      } catch (error) {
        if (error instanceof SessionLostError || error instanceof UnknownCalendarError) continue;
        warn(`session ${row.id}: no certificate was kept yet`, error);
      }
    }
  }

  private async catchUpOne(row: Row & { isKept: boolean }): Promise<void> {
    if (row.isKept) return this.keepConsumers(row);
    const { session } = this.open(row);
    const { watermark } = await session.position();
    if (!row.spec.upkeep.enabled || watermark >= session.layout.end) await this.keep(row);
  }

  private async keepConsumers(row: Row): Promise<void> {
    const now = await this.consumersOf(row).catch((error: unknown) => {
      if (!(error instanceof SessionLostError)) throw error;
      return { awaitsConsumers: false }; // nobody comes any more: what was kept of them stays
    });
    if (!now.awaitsConsumers) await this.kept.amend(row, now);
  }

  private async consumersOf(row: Row): Promise<KeptConsumers> {
    const { session, consumers } = this.open(row);
    const all = await consumers.list();
    const awaitsConsumers = all.some(({ state, time }) => state === 'active' && time < session.layout.end);
    return { consumers: all.map(certified), awaitsConsumers };
  }

  /** Callers at the same moment share one reading. */
  private made(row: Row): Promise<Certificate> {
    let made = this.underWay.get(row.incarnation);
    if (!made) {
      made = this.open(row)
        .session.certificate()
        .finally(() => this.underWay.delete(row.incarnation));
      this.underWay.set(row.incarnation, made);
    }
    return made;
  }
}

function certified(consumer: ConsumerView): CertifiedConsumer {
  const { state: _, seenAt: __, ...delivered } = consumerView(consumer);
  return delivered;
}

/** Dates whose days differ, or that only one of the two has. */
function changedDates(before: Certificate, now: Certificate): string[] {
  const digests = new Map(before.days.map(({ date, digest }) => [date, digest]));
  const dates = new Set([...digests.keys(), ...now.days.map(({ date }) => date)]);
  for (const { date, digest } of now.days) if (digests.get(date) === digest) dates.delete(date);
  return [...dates].sort();
}
