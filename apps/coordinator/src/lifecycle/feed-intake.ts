/**
 * Writes the bars that one request feeds for one symbol into the session's store, and counts the bars by outcome. Bars that
 * are refused or conflict with a stored bar are quarantined with the reason. A late bar, whose slot the frontier had passed as empty,
 * triggers upkeep.
 */
import { isoTime, type FedAnswer } from '@barkeep/api';
import { quarantine, type QuarantinedBar } from '@barkeep/bar-repository';
import type { SessionFeed } from '@barkeep/session-data';
import type { FedRecord } from './fed-records.js';
import type { Servers } from './session-row.js';
import { hintUpkeep } from './upkeep-request.js';

/** Most problems that one answer lists. */
const PROBLEMS_MAX = 100;
/** Most refused bars of one request that are quarantined; the others are only counted. */
const QUARANTINE_MAX = 10_000;

/** A record that was not stored, because it was refused or is a conflict. */
interface NotStored {
  record: FedRecord;
  reason: string;
}

export class FeedIntake {
  /** The results so far. */
  readonly fed: FedAnswer = { accepted: 0, duplicates: 0, late: 0, conflicts: 0, refused: {}, problems: [] };
  /** How many bars of this request were quarantined. */
  private quarantined = 0;

  constructor(
    private readonly servers: Servers,
    private readonly feed: SessionFeed,
    private readonly symbol: string,
  ) {}

  /** Stores the bars of some records, and adds the results to {@link fed}. @throws FeedSetBackError, SessionLostError */
  async take(records: readonly FedRecord[]): Promise<void> {
    const { fed, feed, symbol } = this;
    const parsed = records.filter((record) => 'bar' in record);
    const malformed = records.filter((record) => 'malformed' in record);
    const bars = parsed.map(({ bar }) => bar);
    const result = await feed.feed(symbol, bars, malformed.length);
    this.updateStored();
    fed.accepted += result.accepted;
    fed.duplicates += result.duplicates;
    fed.late += result.late;
    fed.conflicts += result.conflicts.length;
    const refused: NotStored[] = [
      ...malformed.map((record) => ({ record, reason: 'malformed' })),
      ...result.refused.map(({ index, reason }) => ({ record: parsed[index]!, reason })),
    ];
    for (const { reason } of refused) fed.refused[reason] = (fed.refused[reason] ?? 0) + 1;
    const conflicts = result.conflicts.map((index) => ({ record: parsed[index]!, reason: 'conflict' }));
    const notStored = [...refused, ...conflicts];
    this.addProblems(notStored);
    await this.quarantine(notStored);
    // If the hint is lost, the next round of upkeep finds the days to derive again in the store.
    if (result.late > 0) hintUpkeep({ layout: feed.layout, producer: this.servers.producer });
  }

  /** Records in the store that all bars up to `time`, epoch ms, have come. @throws as {@link take} */
  async through(time: number): Promise<void> {
    await this.feed.through(this.symbol, time);
    this.updateStored();
  }

  /** Records in the store that no more bars will come. @throws as {@link take} */
  async end(): Promise<void> {
    await this.feed.end(this.symbol);
  }

  /** Updates the number of stored bars of the symbol, which the feeder repeats as `seen`. */
  private updateStored(): void {
    this.fed.stored = this.feed.storedBars(this.symbol)!;
  }

  private addProblems(notStored: readonly NotStored[]): void {
    const { problems } = this.fed;
    for (const { record, reason } of notStored) {
      if (problems.length >= PROBLEMS_MAX) return;
      const { index, line } = record;
      const openTime = 'bar' in record ? isoTime(record.bar.openTime) : undefined;
      const detail = 'malformed' in record ? record.malformed : undefined;
      problems.push({ index, line, reason, openTime, detail });
    }
  }

  /** Quarantines records, but not those of days that are no longer retained: most of these are bars that were sent again. */
  private async quarantine(notStored: readonly NotStored[]): Promise<void> {
    const { feed, symbol } = this;
    const kept = notStored
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
