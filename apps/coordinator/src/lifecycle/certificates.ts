/**
 * Certificates of sessions: computed from the store while it exists, kept in Postgres when a session is complete, and shown from
 * Postgres when the store is gone. If a repair has changed days since the certificate was kept, the view names the days. A
 * certificate includes hashes of what each consumer received. The kept hashes are updated when the last consumers reach the end.
 */
import type { CertificateAnswer, CertifiedConsumerAnswer } from '@barkeep/api';
import { SessionCertificates } from '@barkeep/bar-repository';
import { UnknownCalendarError, type SessionSpec } from '@barkeep/bars';
import * as store from '@barkeep/session-data';
import { consumerAnswer } from './session-answer.js';
import { layoutOf, type SessionRecord, type Servers } from './session-row.js';

interface KeptConsumers {
  /** What each consumer received. */
  consumers: CertifiedConsumerAnswer[];
  /** Whether an active consumer had not reached the end of the session yet: the consumer's hash will change. */
  awaitsConsumers: boolean;
}

/** Most sessions that one round of {@link Certificates.catchUp} certifies. */
const SESSIONS_A_ROUND = 50;

export class Certificates {
  /** Reads of stores in progress, by incarnation. */
  private readonly inProgress = new Map<string, Promise<store.StoreCertificate>>();
  /** Incarnations that earlier rounds of {@link catchUp} tried; emptied when all have been tried. */
  private readonly tried = new Set<string>();
  private readonly kept: SessionCertificates<SessionSpec, store.StoreCertificate & KeptConsumers>;

  constructor(private readonly servers: Servers) {
    this.kept = new SessionCertificates(servers.dataSource, servers.keyPrefix);
  }

  /**
   * The certificate of a session; `changedSince` has the dates that differ from the kept certificate.
   * @throws SessionLostError when there is neither a store nor a kept certificate
   */
  async view(row: SessionRecord): Promise<CertificateAnswer> {
    const stored = await this.kept.find(row);
    const { id: _, ...spec } = row.spec;
    const layout = layoutOf(row, this.servers.keyPrefix);
    const head = {
      session: row.id,
      spec,
      daysHash: store.daysHashOf(layout),
      datasets: [...layout.datasets],
      storedAt: stored?.storedAt.toISOString() ?? null,
    };
    try {
      const current = { ...(await this.compute(row)), consumers: (await this.consumersOf(row)).consumers };
      const changedSince = stored ? store.changedDates(stored.certificate, current) : [];
      return { ...head, from: 'store', changedSince, ...current };
    } catch (error) {
      if (!(error instanceof store.SessionLostError) || !stored) throw error;
      const { awaitsConsumers: __, ...kept } = stored.certificate;
      return { ...head, from: 'kept', changedSince: [], ...kept };
    }
  }

  /** Keeps the certificate of a completed session if all its days are complete. */
  async keep(row: SessionRecord): Promise<void> {
    const certificate = await this.compute(row);
    if (certificate.complete) await this.kept.save(row, { ...certificate, ...(await this.consumersOf(row)) });
  }

  /**
   * One round: keeps certificates that were not kept when their session completed (upkeep had not finished, or a process crashed),
   * and the hashes of consumers that reached the end later. Logs a failure and continues: the next round takes other sessions, until
   * all have been tried. Stops after the current session when `signal` is aborted.
   */
  async catchUp(signal: AbortSignal): Promise<void> {
    const rows = await this.kept.lacking(SESSIONS_A_ROUND, [...this.tried]);
    // Without those that earlier rounds have tried. When they do not fill a round, they are the last ones, and the next round starts over.
    const areLast = rows.length < SESSIONS_A_ROUND;
    if (areLast) this.tried.clear();
    for (const row of rows) {
      if (signal.aborted) return;
      if (!areLast) this.tried.add(row.incarnation);
      try {
        await this.catchUpOne(row);
      } catch (error) {
        if (error instanceof store.SessionLostError || error instanceof UnknownCalendarError) continue; // nothing to certify
        this.servers.warn(`session ${row.id}: no certificate was kept yet`, error);
      }
    }
  }

  /** @param row `isKept`: the certificate is kept, and only its consumers may have to be updated */
  private async catchUpOne(row: SessionRecord & { isKept: boolean }): Promise<void> {
    if (row.isKept) return this.updateConsumers(row);
    const session = this.open(row);
    const { watermark } = await session.position('operator');
    // Without upkeep the watermark does not reach the end.
    if (!row.spec.upkeep.enabled || watermark >= session.layout.end) await this.keep(row);
  }

  /** Updates the consumers of a kept certificate when no active consumer is behind any more. */
  private async updateConsumers(row: SessionRecord): Promise<void> {
    const current = await this.consumersOf(row).catch((error: unknown) => {
      if (!(error instanceof store.SessionLostError)) throw error;
      return { awaitsConsumers: false }; // without a store no consumer can continue: the kept hashes are final
    });
    if (!current.awaitsConsumers) await this.kept.amend(row, current);
  }

  private async consumersOf(row: SessionRecord): Promise<KeptConsumers> {
    const { redis, keyPrefix } = this.servers;
    const layout = layoutOf(row, keyPrefix);
    const consumers = await new store.SessionConsumers(redis, layout).list();
    const awaitsConsumers = consumers.some(({ state, time }) => state === 'active' && time < layout.end);
    return { consumers: consumers.map(certified), awaitsConsumers };
  }

  /** Computes a certificate from the store; concurrent callers share one read. */
  private compute(row: SessionRecord): Promise<store.StoreCertificate> {
    const { inProgress } = this;
    const forget = () => inProgress.delete(row.incarnation);
    const computing = inProgress.get(row.incarnation) ?? this.open(row).certificate().finally(forget);
    inProgress.set(row.incarnation, computing);
    return computing;
  }

  private open(row: SessionRecord): store.OpenSession {
    return new store.OpenSession(this.servers.redis, layoutOf(row, this.servers.keyPrefix));
  }
}

/** A consumer as a certificate has it: without the fields that change after its last bar. */
function certified(consumer: store.ConsumerView): CertifiedConsumerAnswer {
  const { state: _, seenAt: __, ...delivered } = consumerAnswer(consumer);
  return delivered;
}
