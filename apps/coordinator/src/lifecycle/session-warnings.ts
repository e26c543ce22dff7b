/** Warns of what is probably a mistake in a session: symbols that no dataset knows, and rows that no slot takes. */
import { firstBars, symbolIds } from '@barkeep/bar-repository';
import { currentSymbols, UNCHANGED, unknownSymbolsWarning, type SessionSpec } from '@barkeep/bars';
import type { OutsideDay, OutsideRows } from '@barkeep/session-data';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { datasetIdsOf } from './history-days.js';
import type { SessionRecord } from './session-row.js';

const KEPT_MS = 30_000;
/** Longest that a caller waits for a look-up. */
const WAIT_MS = 500;
const SESSIONS_KEPT = 500;
/** A smaller part of a date's rows is not worth a warning. */
const SHARE_MAX = 0.01;

interface Kept {
  /** Of the last look-up that ended. */
  warnings: string[];
  /** The look-up that runs. */
  pending: Promise<void> | undefined;
  /** When the answer is too old. */
  until: number;
}

/**
 * Warns of symbols without a bar in any dataset of a session. Looks them up from time to time, one session after another,
 * and keeps the answer. A caller waits only a moment: while a table is locked, it gets the previous answer.
 */
export class SymbolWarnings {
  private readonly kept = new Map<string, Kept>();
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {}

  /** @returns none for a session that is fed, and while the first look-up has no answer */
  async of(row: SessionRecord): Promise<string[]> {
    if (row.spec.source.type === 'feed') return [];
    const kept = this.keptOf(`${row.incarnation} ${(row.membership ?? UNCHANGED).version}`);
    if (performance.now() >= kept.until) kept.pending ??= this.refresh(row, kept);
    if (kept.pending) await Promise.race([kept.pending, sleep(WAIT_MS, undefined, { ref: false })]);
    return kept.warnings;
  }

  private keptOf(key: string): Kept {
    const kept = this.kept.get(key) ?? { warnings: [], pending: undefined, until: 0 };
    this.kept.delete(key);
    this.kept.set(key, kept);
    const [oldest] = this.kept.keys();
    if (this.kept.size > SESSIONS_KEPT && oldest) this.kept.delete(oldest);
    return kept;
  }

  /** Keeps the previous warnings when Postgres cannot answer. */
  private refresh(row: SessionRecord, kept: Kept): Promise<void> {
    const refreshed = this.turn.then(async () => {
      kept.warnings = await this.lookUp(row).catch(() => kept.warnings);
      kept.until = performance.now() + KEPT_MS;
      kept.pending = undefined;
    });
    this.turn = refreshed;
    return refreshed;
  }

  private async lookUp({ spec, membership }: SessionRecord): Promise<string[]> {
    const symbols = currentSymbols(spec.symbols, membership ?? UNCHANGED);
    const datasetIds = await datasetIdsOf(this.dataSource, spec);
    const ids = await symbolIds(this.dataSource, symbols);
    const firsts = await firstBars(this.dataSource, datasetIds, [...ids.values()]);
    const unknown = symbols.filter((symbol) => !firsts.has(ids.get(symbol) ?? -1));
    return unknown.length === 0 ? [] : [unknownSymbolsWarning(unknown)];
  }
}

/**
 * Warns of rows that no slot of a session takes: mostly a file that was imported in the wrong time zone. Pure.
 * Rows in extended hours are normal, unless a date has more rows out of slots than in slots: rows of regular hours that were
 * imported in a wrong zone may all lie in extended hours.
 * A feed may begin with bars of extended hours, so these are compared with the others at its end.
 * @param streamed bars of the session in slots before the frontier @param isOver no further bars will come
 * @returns sentences about the first such date, or none
 */
export function outsideWarnings(
  { calendar, hours, source }: Pick<SessionSpec, 'calendar' | 'hours' | 'source'>,
  { days, outside, extended }: OutsideRows,
  { streamed, isOver }: { streamed: number; isOver: boolean },
): string[] {
  const where = `outside ${calendar} ${hours} hours; is the time zone right?`;
  if (source.type === 'feed') {
    if (!isOver && streamed === 0) return [];
    const rows = streamed + outside + extended;
    const wrong = isOver ? wrongRows({ rows, outside, extended }) : rowsOutside({ rows, outside });
    return wrong > 0 ? [`${wrong} of ${rows} fed bars are ${where}`] : [];
  }
  const [first, ...others] = days.filter((day) => wrongRows(day) > 0);
  if (!first) return [];
  const sentence = `${wrongRows(first)} of ${first.rows} rows of ${first.symbol} on ${first.date} are ${where}`;
  const more = `The same holds for ${others.length} more ${others.length > 1 ? 'days' : 'day'} of its symbols.`;
  return [others.length > 0 ? `${sentence} ${more}` : sentence];
}

/** The rows that a warning is about; 0 when none is due. */
function wrongRows({ rows, outside, extended }: Pick<OutsideDay, 'rows' | 'outside' | 'extended'>): number {
  return 2 * (outside + extended) > rows ? outside + extended : rowsOutside({ rows, outside });
}

/** The rows outside when they are worth a warning; otherwise 0. */
function rowsOutside({ rows, outside }: Pick<OutsideDay, 'rows' | 'outside'>): number {
  return outside > SHARE_MAX * rows ? outside : 0;
}
