/** The certificates of completed sessions in PostgreSQL. They stay after the session's store is removed. */
import type { DataSource } from 'typeorm';
import type { SessionKey } from './session-repository.js';
import { ownedBy, SESSION_COLUMNS, type SessionRow } from './session-row.js';

export interface StoredCertificate<Certificate> {
  certificate: Certificate;
  storedAt: Date;
}

export class SessionCertificates<Spec, Certificate extends object> {
  /** @param deployment limits {@link lacking} to the sessions of this deployment and those of none; null: no limit */
  constructor(
    private readonly dataSource: DataSource,
    private readonly deployment: string | null = null,
  ) {}

  /** Stores the certificate of a completed session and replaces an earlier one. */
  async save({ id, incarnation }: SessionKey, certificate: Certificate): Promise<void> {
    await this.dataSource.query(
      `UPDATE sessions SET certificate = $3, certified_at = now() WHERE id = $1 AND incarnation = $2 AND state = 'completed'`,
      [id, incarnation, certificate],
    );
  }

  /** Replaces fields of a stored certificate. Its `storedAt` stays. */
  async amend({ id, incarnation }: SessionKey, fields: Partial<Certificate>): Promise<void> {
    await this.dataSource.query(
      'UPDATE sessions SET certificate = certificate || $3::jsonb WHERE id = $1 AND incarnation = $2',
      [id, incarnation, fields],
    );
  }

  async find({ id, incarnation }: SessionKey): Promise<StoredCertificate<Certificate> | undefined> {
    const [row] = await this.dataSource.query<StoredCertificate<Certificate>[]>(
      `SELECT certificate, certified_at AS "storedAt" FROM sessions
       WHERE id = $1 AND incarnation = $2 AND certificate IS NOT NULL`,
      [id, incarnation],
    );
    return row;
  }

  /**
   * At most `limit` completed sessions, latest first, whose certificate is not stored (`isKept` is false) or still waits for consumers.
   * Leaves out the incarnations `except`.
   */
  lacking(limit: number, except: readonly string[] = []): Promise<(SessionRow<Spec> & { isKept: boolean })[]> {
    return this.dataSource.query<(SessionRow<Spec> & { isKept: boolean })[]>(
      `SELECT ${SESSION_COLUMNS}, certificate IS NOT NULL AS "isKept" FROM sessions
       WHERE state = 'completed' AND (certificate IS NULL OR certificate @> '{"awaitsConsumers": true}')
         AND ${ownedBy('$2')} AND incarnation <> ALL($3::uuid[])
       ORDER BY completed_at DESC, id LIMIT $1`,
      [limit, this.deployment, except],
    );
  }
}
