/**
 * Certificates of sessions: made from the store while it exists, kept in Postgres when a session is complete, and shown from
 * Postgres when the store is gone. When a later repair changed days, the view names them. The hashes of what consumers received
 * are kept with it, and updated when consumers that were still behind have finished.
 */
import type { CertificateAnswer, CertifiedConsumerAnswer } from '@barkeep/api';
import { SessionCertificates } from '@barkeep/bar-repository';
import { UnknownCalendarError, type SessionSpec } from '@barkeep/bars';
import {
  daysHashOf,
  SessionLostError,
  type StoreCertificate,
  type ConsumerView,
  OpenSession,
  SessionConsumers,
} from '@barkeep/session-data';
import { layoutOf, type SessionRecord, type Servers } from './session-row.js';
import { consumerView } from './session-views.js';

/** The part of a certificate that Postgres keeps. */
interface KeptCertificate extends StoreCertificate, KeptConsumers {}

interface KeptConsumers {
  consumers: CertifiedConsumerAnswer[];
  /** An active consumer had not reached the end yet. */
  awaitsConsumers: boolean;
}

/** Most sessions that one round of {@link Certificates.catchUp} certifies. */
const SESSIONS_A_ROUND = 50;

export class Certificates {
  /** By incarnation. */
  private readonly inProgress = new Map<string, Promise<StoreCertificate>>();
  /** Incarnations that earlier rounds tried, until all were tried. */
  private readonly tried = new Set<string>();

  private readonly kept: SessionCertificates<SessionSpec, KeptCertificate>;

  constructor(private readonly servers: Servers) {
    this.kept = new SessionCertificates(servers.dataSource, servers.keyPrefix);
  }

  /** @throws SessionLostError when there is neither a store nor a kept certificate */
  async view(row: SessionRecord): Promise<CertificateAnswer> {
    const stored = await this.kept.find(row);
    const { id, ...spec } = { ...row.spec, id: row.id };
    const layout = layoutOf(row, this.servers.keyPrefix);
    const daysHash = daysHashOf(layout);
    const head = {
      session: id,
      spec,
      daysHash,
      datasets: [...layout.datasets],
      storedAt: stored?.storedAt.toISOString() ?? null,
    };
    try {
      const now = { ...(await this.make(row)), consumers: (await this.consumersOf(row)).consumers };
      const changedSince = stored ? changedDates(stored.certificate, now) : [];
      return { ...head, from: 'store', changedSince, ...now };
    } catch (error) {
      if (!(error instanceof SessionLostError) || !stored) throw error;
      const { awaitsConsumers: _, ...kept } = stored.certificate;
      return { ...head, from: 'kept', changedSince: [], ...kept };
    }
  }

  /** Keeps the certificate of a completed session if all its days are complete. */
  async keep(row: SessionRecord): Promise<void> {
    const certificate = await this.make(row);
    if (certificate.complete) await this.kept.save(row, { ...certificate, ...(await this.consumersOf(row)) });
  }

  /**
   * Keeps certificates that were not kept when their session completed (upkeep had not finished, or a process crashed), and
   * the hashes of consumers that reached the end after the session did. A failure is logged and does not delay others:
   * the next round takes the next sessions, and starts again after the last. Ends between two sessions once `signal` is aborted.
   */
  async catchUp(signal: AbortSignal): Promise<void> {
    const rows = await this.kept.lacking(SESSIONS_A_ROUND, [...this.tried]);
    if (rows.length < SESSIONS_A_ROUND) this.tried.clear();
    for (const row of rows) {
      if (signal.aborted) return;
      if (rows.length === SESSIONS_A_ROUND) this.tried.add(row.incarnation);
      try {
        await this.catchUpOne(row);
      } catch (error) {
        if (error instanceof SessionLostError || error instanceof UnknownCalendarError) continue;
        this.servers.warn(`session ${row.id}: no certificate was kept yet`, error);
      }
    }
  }

  private async catchUpOne(row: SessionRecord & { isKept: boolean }): Promise<void> {
    if (row.isKept) return this.keepConsumers(row);
    const session = this.open(row);
    const { watermark } = await session.position('operator');
    if (!row.spec.upkeep.enabled || watermark >= session.layout.end) await this.keep(row);
  }

  private async keepConsumers(row: SessionRecord): Promise<void> {
    const now = await this.consumersOf(row).catch((error: unknown) => {
      if (!(error instanceof SessionLostError)) throw error;
      return { awaitsConsumers: false }; // no consumer can come any more: the kept hashes stay
    });
    if (!now.awaitsConsumers) await this.kept.amend(row, now);
  }

  private async consumersOf(row: SessionRecord): Promise<KeptConsumers> {
    const { redis, keyPrefix } = this.servers;
    const layout = layoutOf(row, keyPrefix);
    const all = await new SessionConsumers(redis, layout).list();
    const awaitsConsumers = all.some(({ state, time }) => state === 'active' && time < layout.end);
    return { consumers: all.map(certified), awaitsConsumers };
  }

  /** Concurrent callers share one read. */
  private make(row: SessionRecord): Promise<StoreCertificate> {
    let making = this.inProgress.get(row.incarnation);
    if (!making) {
      making = this.open(row)
        .certificate()
        .finally(() => this.inProgress.delete(row.incarnation));
      this.inProgress.set(row.incarnation, making);
    }
    return making;
  }

  private open(row: SessionRecord): OpenSession {
    return new OpenSession(this.servers.redis, layoutOf(row, this.servers.keyPrefix));
  }
}

function certified(consumer: ConsumerView): CertifiedConsumerAnswer {
  const { state: _, seenAt: __, ...delivered } = consumerView(consumer);
  return delivered;
}

/** Dates whose days differ, or that are in only one of the two. */
function changedDates(before: StoreCertificate, now: StoreCertificate): string[] {
  const digests = new Map(before.days.map(({ date, digest }) => [date, digest]));
  const dates = new Set([...digests.keys(), ...now.days.map(({ date }) => date)]);
  for (const { date, digest } of now.days) if (digests.get(date) === digest) dates.delete(date);
  return [...dates].sort();
}
