/**
 * Writes the bars of one symbol from one request into a fed session's store, and counts the result of each. Refused bars are
 * quarantined with their reason; a late bar triggers upkeep.
 */
import type { FedAnswer } from '@barkeep/api';
import { quarantine, type QuarantinedBar } from '@barkeep/bar-repository';
import type { SessionFeed } from '@barkeep/session-data';
import type { FedRecord } from './fed-records.js';
import type { Servers } from './session-row.js';
import { hintUpkeep } from './upkeep-request.js';

/** Most problems that one answer lists. */
const PROBLEMS_MAX = 100;
/** Most refused bars of one request that are quarantined; the rest is only counted. */
const QUARANTINE_MAX = 10_000;

export class FeedIntake {
  /** The results so far. */
  readonly fed: FedAnswer = { accepted: 0, duplicates: 0, late: 0, conflicts: 0, refused: {}, problems: [] };
  private quarantined = 0;

  constructor(
    private readonly servers: Servers,
    private readonly feed: SessionFeed,
    private readonly symbol: string,
  ) {}

  /** Resolves when they are in the store. @throws FeedSetBackError, SessionLostError, as the next two */
  async take(records: readonly FedRecord[]): Promise<void> {
    const { feed, symbol } = this;
    const good = records.filter((record) => 'bar' in record);
    const malformed = records.filter((record) => 'malformed' in record);
    const result = await feed.feed(
      symbol,
      good.map(({ bar }) => bar),
      malformed.length,
    );
    this.noteStored();
    this.fed.accepted += result.accepted;
    this.fed.duplicates += result.duplicates;
    this.fed.late += result.late;
    this.fed.conflicts += result.conflicts.length;
    const refusals: Refusal[] = [
      ...malformed.map((record) => ({ record, reason: 'malformed' })),
      ...result.refused.map(({ index, reason }) => ({ record: good[index]!, reason })),
    ];
    for (const { reason } of refusals) this.fed.refused[reason] = (this.fed.refused[reason] ?? 0) + 1;
    refusals.push(...result.conflicts.map((index) => ({ record: good[index]!, reason: 'conflict' })));
    this.addProblems(refusals);
    await this.quarantine(refusals);
    // The store knows which days must be derived again: if the hint is lost, the next round of upkeep finds them.
    if (result.late > 0) hintUpkeep({ layout: feed.layout, producer: this.servers.producer });
  }

  /** The stream has reached `time`, epoch ms, without further bars. */
  async through(time: number): Promise<void> {
    await this.feed.through(this.symbol, time);
    this.noteStored();
  }

  /** No more bars will come. */
  async end(): Promise<void> {
    await this.feed.end(this.symbol);
  }

  private noteStored(): void {
    this.fed.stored = this.feed.storedBars(this.symbol)!;
  }

  private addProblems(refusals: readonly Refusal[]): void {
    const { problems } = this.fed;
    for (const { record, reason } of refusals) {
      if (problems.length >= PROBLEMS_MAX) return;
      const { index, line } = record;
      const openTime = 'bar' in record ? isoTime(record.bar.openTime) : undefined;
      const detail = 'malformed' in record ? record.malformed : undefined;
      problems.push({ index, line, reason, openTime, detail });
    }
  }

  /** Bars of days that are no longer retained are mostly repeated ones, so they are not quarantined. */
  private async quarantine(refusals: readonly Refusal[]): Promise<void> {
    const { feed, symbol } = this;
    const kept = refusals
      .filter(({ reason }) => reason !== 'retired')
      .slice(0, QUARANTINE_MAX - this.quarantined)
      .map(({ record, reason }): QuarantinedBar => {
        const from = { dataset: 'feed', symbol, reason };
        if ('malformed' in record) return { ...from, raw: record.raw };
        const { openTime: time, ...values } = record.bar;
        return { ...from, time, ...values };
      });
    this.quarantined += kept.length;
    if (kept.length > 0) await quarantine(this.servers.dataSource, feed.layout.incarnation, kept);
  }
}

interface Refusal {
  record: FedRecord;
  reason: string;
}

/** Undefined for a number that is not a time. */
function isoTime(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
