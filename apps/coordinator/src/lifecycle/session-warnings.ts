/**
 * Warns of probable mistakes in a session: symbols without a bar in any dataset, rows without a slot in the calendar, bars of another
 * interval than the base interval, and days whose source was silent.
 */
import { firstBars, storedIntervalMs, symbolIds } from '@barkeep/bar-repository';
import {
  currentSymbols,
  MINUTE_MS,
  parseInterval,
  UNCHANGED,
  unknownSymbolsWarning,
  type SessionSpec,
  type SlotCounts,
} from '@barkeep/bars';
import type { OutsideDay, OutsideRows } from '@barkeep/session-data';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { datasetIdsOf } from './history-days.js';
import type { SessionRecord } from './session-row.js';
import { counted } from './session-waiting.js';

/** The warnings of a session are kept this long. */
const KEPT_MS = 30_000;
/** A caller waits at most this long for a look-up. */
const WAIT_MS = 500;
/** Most sessions whose warnings are kept. */
const SESSIONS_KEPT = 500;
/** Rows outside, or between the opens of slots, are normal up to this share of all rows. */
const NORMAL_SHARE_MAX = 0.01;

interface KeptWarnings {
  warnings: string[];
  /** The look-up in progress. */
  lookUp: Promise<void> | undefined;
  /** When the warnings get too old, in `performance.now()` time. */
  until: number;
}

/**
 * Warns of symbols without a bar in any dataset of a session, and of datasets with longer bars than its base interval. Looks up one
 * session at a time and keeps the warnings for a while. A caller waits only a moment: after that, for example while a table is locked, it
 * gets the previous warnings.
 */
export class DatasetWarnings {
  /** By session and version of its symbols, the least recently used first. */
  private readonly kept = new Map<string, KeptWarnings>();
  /** The look-up that was requested last; each begins when the one before it has ended. */
  private lastLookUp: Promise<void> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {}

  /** The warnings of a session: none until its first look-up has ended. */
  async of(row: SessionRecord): Promise<string[]> {
    const kept = this.keptOf(`${row.incarnation} ${(row.membership ?? UNCHANGED).version}`);
    if (performance.now() >= kept.until) kept.lookUp ??= this.refresh(row, kept);
    if (kept.lookUp) await Promise.race([kept.lookUp, sleep(WAIT_MS, undefined, { ref: false })]);
    return kept.warnings;
  }

  private keptOf(key: string): KeptWarnings {
    const kept = this.kept.get(key) ?? { warnings: [], lookUp: undefined, until: 0 };
    this.kept.delete(key); // the next line adds it again as the most recently used one
    this.kept.set(key, kept);
    const [oldest] = this.kept.keys();
    if (this.kept.size > SESSIONS_KEPT && oldest) this.kept.delete(oldest);
    return kept;
  }

  /** Looks the symbols up after all earlier look-ups; keeps the previous warnings when Postgres cannot answer. */
  private refresh(row: SessionRecord, kept: KeptWarnings): Promise<void> {
    this.lastLookUp = this.lastLookUp.then(async () => {
      kept.warnings = await this.warningsOf(row).catch(() => kept.warnings);
      kept.until = performance.now() + KEPT_MS;
      kept.lookUp = undefined;
    });
    return this.lastLookUp;
  }

  private async warningsOf({ spec, membership }: SessionRecord): Promise<string[]> {
    const symbols = currentSymbols(spec.symbols, membership ?? UNCHANGED);
    const datasetIds = await datasetIdsOf(this.dataSource, spec);
    const ids = await symbolIds(this.dataSource, symbols);
    const spacings = await this.spacingWarnings(spec, datasetIds, [...ids.values()]);
    if (spec.source.type === 'feed') return spacings; // no dataset needs to have its symbols
    const firsts = await firstBars(this.dataSource, [...datasetIds.values()], [...ids.values()]);
    const unknown = symbols.filter((symbol) => !firsts.has(ids.get(symbol) ?? -1));
    return unknown.length === 0 ? spacings : [unknownSymbolsWarning(unknown), ...spacings];
  }

  /**
   * Warns of datasets whose bars are longer than the base interval: readers see such a bar when its first slot ends, before its real
   * close.
   */
  private async spacingWarnings(
    { baseInterval }: Pick<SessionSpec, 'baseInterval'>,
    datasetIds: ReadonlyMap<string, number>,
    ids: readonly number[],
  ): Promise<string[]> {
    const warnings: string[] = [];
    for (const [name, datasetId] of datasetIds) {
      const ms = await storedIntervalMs(this.dataSource, datasetId, ids);
      if (ms <= parseInterval(baseInterval).ms) continue;
      warnings.push(
        `bars of dataset ${name} are ${ms / MINUTE_MS} minutes apart, but a slot has ${baseInterval}; is the base interval right?`,
      );
    }
    return warnings;
  }
}

/**
 * Warns of rows without a slot, which mostly come from a file that was imported in the wrong time zone. Pure. Which rows count:
 *   dataset          {@link suspiciousRowCount} of each symbol and date
 *   feed, over       {@link suspiciousRowCount} of all bars
 *   feed, running    {@link suspiciousOutsideCount} of all bars, from the first bar in a slot on: a feed may begin in extended hours
 * @param streamed how many streamed bars the session has in slots @param isOver whether no further bars will come
 * @returns one text, about the first suspicious date and symbol or about the feed; or an empty list
 */
export function outsideWarnings(
  { calendar, hours, source }: Pick<SessionSpec, 'calendar' | 'hours' | 'source'>,
  { days, outside, extended }: OutsideRows,
  { streamed, isOver }: { streamed: number; isOver: boolean },
): string[] {
  const where = `outside ${calendar} ${hours} hours; is the time zone right?`;
  if (source.type === 'feed') {
    if (!isOver && streamed === 0) return [];
    const fed = { rows: streamed + outside + extended, outside, extended };
    const suspicious = isOver ? suspiciousRowCount(fed) : suspiciousOutsideCount(fed);
    return suspicious > 0 ? [`${suspicious} of ${fed.rows} fed bars are ${where}`] : [];
  }
  const [first, ...others] = days.filter((day) => suspiciousRowCount(day) > 0);
  if (!first) return [];
  const sentence = `${suspiciousRowCount(first)} of ${first.rows} rows of ${first.symbol} on ${first.date} are ${where}`;
  const moreDays = `The same holds for ${counted(others.length, 'more day')} of its symbols.`;
  return [others.length > 0 ? `${sentence} ${moreDays}` : sentence];
}

/**
 * How many rows a warning is about; 0 for no warning. Rows in extended hours are normal, unless most rows are without a slot: rows of
 * regular hours that were imported in a wrong zone may all be in extended hours.
 */
function suspiciousRowCount({ rows, outside, extended }: Pick<OutsideDay, 'rows' | 'outside' | 'extended'>): number {
  const withoutSlot = outside + extended;
  return withoutSlot > rows / 2 ? withoutSlot : suspiciousOutsideCount({ rows, outside });
}

/** As {@link suspiciousRowCount}, but only of the rows outside. */
function suspiciousOutsideCount({ rows, outside }: Pick<OutsideDay, 'rows' | 'outside'>): number {
  return outside > NORMAL_SHARE_MAX * rows ? outside : 0;
}

/** Warns of days whose source was silent while they were read: rows that it has may be missing from the session. Pure. */
export function timeoutWarnings({ feed }: Pick<SessionSpec, 'feed'>, dates: readonly string[]): string[] {
  const [first, ...others] = dates;
  if (first === undefined) return [];
  const days = others.length > 0 ? `${first} and ${counted(others.length, 'more day')}` : first;
  return [
    `the source was silent for ${feed.timeoutSeconds} s (feed.timeoutSeconds): rows of ${days} may be missing, unless upkeep has repaired them`,
  ];
}

/**
 * Warns when many bars are not at the open of a slot: most likely they are of a shorter interval than the base interval. Those at an open
 * were then stored as if they covered the whole slot. Pure.
 * @param counts without the history, whose number of bars is not known here @param offGrid with the history
 * @param historySlots slots of the history, of all symbols: the limit counts each of them as a bar
 */
export function intervalWarnings(
  { baseInterval }: Pick<SessionSpec, 'baseInterval'>,
  { counts, offGrid }: { counts: Pick<SlotCounts, 'filled'>; offGrid: number },
  historySlots = 0,
): string[] {
  const bars = counts.filled + offGrid;
  if (offGrid <= NORMAL_SHARE_MAX * (bars + historySlots)) return [];
  const ofBars = historySlots === 0 ? ` of ${bars}` : ''; // with a history the number of all bars is not known
  return [`${offGrid}${ofBars} bars are not at the open of a ${baseInterval} slot; is the base interval right?`];
}
