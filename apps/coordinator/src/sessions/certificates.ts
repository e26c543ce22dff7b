/**
 * Certificates of sessions: made from the store while that is there, kept in Postgres once a session is complete and whole,
 * and shown from there when the store is gone, or when a later repair has made the two differ.
 */
import type { SessionCertificates, SessionRow } from '@barkeep/bar-repository';
import { UnknownCalendarError, type SessionSpec } from '@barkeep/bars';
import { SessionLostError, type Certificate, type OpenSession } from '@barkeep/session-data';
import type { CertificateView } from '../http/session-lifecycle.js';

type Row = SessionRow<SessionSpec>;

/** Sessions that one round of {@link Certificates.catchUp} certifies at most. */
const SESSIONS_A_ROUND = 50;

export class Certificates {
  /** By incarnation. */
  private readonly underWay = new Map<string, Promise<Certificate>>();

  constructor(
    private readonly kept: SessionCertificates<SessionSpec, Certificate>,
    private readonly open: (row: Row) => OpenSession,
  ) {}

  /** @throws SessionLostError when neither a store nor a kept certificate is there */
  async view(row: Row): Promise<CertificateView> {
    const stored = await this.kept.find(row);
    const { id, ...spec } = { ...row.spec, id: row.id };
    const { datasets } = this.open(row).layout;
    const head = { session: id, spec, datasets: [...datasets], storedAt: stored?.storedAt.toISOString() ?? null };
    try {
      const now = await this.made(row);
      const changedSince = stored ? changedDates(stored.certificate, now) : [];
      return { ...head, from: 'store', changedSince, ...now };
    } catch (error) {
      if (!(error instanceof SessionLostError) || !stored) throw error;
      return { ...head, from: 'kept', changedSince: [], ...stored.certificate };
    }
  }

  /** Keeps the certificate of a completed session if all its days are whole. @returns whether it did */
  async keep(row: Row): Promise<boolean> {
    const certificate = await this.made(row);
    if (certificate.complete) await this.kept.save(row, certificate);
    return certificate.complete;
  }

  /** Keeps those that were not kept when their session completed: upkeep was not through, or somebody died. */
  async catchUp(): Promise<void> {
    for (const row of await this.kept.lacking(SESSIONS_A_ROUND)) {
      try {
        const session = this.open(row);
        const { watermark } = await session.position();
        if (!row.spec.upkeep.enabled || watermark >= session.layout.end) await this.keep(row);
      } catch (error) {
        if (!(error instanceof SessionLostError || error instanceof UnknownCalendarError)) throw error;
      }
    }
  }

  /** Callers at the same moment share one reading. */
  private made(row: Row): Promise<Certificate> {
    let made = this.underWay.get(row.incarnation);
    if (!made) {
      made = this.open(row)
        .certificate()
        .finally(() => this.underWay.delete(row.incarnation));
      this.underWay.set(row.incarnation, made);
    }
    return made;
  }
}

/** Dates whose days differ, or that only one of the two has. */
function changedDates(before: Certificate, now: Certificate): string[] {
  const digests = new Map(before.days.map(({ date, digest }) => [date, digest]));
  const dates = new Set([...digests.keys(), ...now.days.map(({ date }) => date)]);
  for (const { date, digest } of now.days) if (digests.get(date) === digest) dates.delete(date);
  return [...dates].sort();
}
