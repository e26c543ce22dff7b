/** Keeps the counts of cells whose day the clock has closed, until they change. A cell is one symbol on one trading day. */
import type { SlotCounts } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { type EventEntry, FIRST_ID } from '../events/index.js';
import type { SessionLayout } from '../layout/index.js';
import { runGroups } from '../redis/index.js';

/** The counts of a cell, in the order in which they are kept. A slot that is in none of them is missing. */
export const CELL_COUNTS = ['streamed', 'backfilled', 'noTrade', 'absent', 'unfillable'] as const;
export type CellCount = (typeof CELL_COUNTS)[number];

/** Most changes to read per partition. When there are more, all cells of the partition are counted again. */
const CHANGES_MAX = 2_000;
/** Numbers per cell. */
export const COUNTS_A_CELL = CELL_COUNTS.length;
/** Events that change the counts of a closed day. */
const COUNT_CHANGES = new Set(['gap-filled', 'gap-settled', 'late-bars']);

/** What is read of a partition to find out whether its cells have changed. */
interface PartitionMark {
  /** Stamp (incarnation and version of the symbols), epoch and owner. When one of them differs, the cells may have been written again. */
  writer: string;
  /** The highest frontier that was seen, epoch ms. A lower one means that the store was set back. */
  frontier: number;
  /** Id of the newest change that the cells include. */
  lastChange: string;
}

/** The counts of one symbol: {@link CELL_COUNTS} for one day after another, and for each day whether they are known. */
interface SymbolCells {
  counts: Uint16Array;
  isKnown: Uint8Array;
}

export class CountedDays {
  /** What is kept of each partition. */
  private readonly partitions = new Map<number, PartitionMark & { cells: Map<string, SymbolCells> }>();
  /** The read that {@link alone} started last. */
  private lastRun: Promise<unknown> = Promise.resolve();
  /** Number of days of the session. */
  private days = 0;

  /** Number of cells for which memory is allocated. */
  get size(): number {
    return [...this.partitions.values()].reduce((sum, { cells }) => sum + cells.size * this.days, 0);
  }

  /** Runs reads one at a time. If two ran at once, one could keep counts that the other has found to be outdated. */
  async alone<T>(run: () => Promise<T>): Promise<T> {
    const running = this.lastRun.then(run);
    this.lastRun = running.catch(() => undefined);
    return running;
  }

  /** Forgets the cells of these partitions that may have changed since they were kept. Call it before the cells are read. */
  async update(redis: Redis, layout: SessionLayout, partitions: readonly number[]): Promise<void> {
    if (this.days !== layout.days.length) this.partitions.clear();
    this.days = layout.days.length;
    const replies = (await runGroups(redis, partitions, (partition) => {
      const { meta, changes } = layout.keysOf(partition);
      return [
        ['hmget', meta, 'incarnation', 'epoch', 'owner', 'frontier'],
        ['xrevrange', changes, '+', '-', 'COUNT', 1],
        // The changes from the last one that the kept counts include. When no counts are kept, the range from '+' to '+' reads none.
        ['xrange', changes, this.partitions.get(partition)?.lastChange ?? '+', '+', 'COUNT', CHANGES_MAX],
      ];
    })) as [meta: (string | null)[], newest: EventEntry[], changes: EventEntry[]][];
    for (const [i, [meta, newest, changes]] of replies.entries()) {
      const partition = partitions[i]!;
      const [stamp, epoch, owner, frontier] = meta; // the field `incarnation` has the stamp
      const writer = `${stamp} ${epoch} ${owner}`;
      const lastChange = newest[0]?.[0] ?? FIRST_ID;
      this.forgetChanged(layout, partition, { writer, frontier: Number(frontier), lastChange }, changes);
    }
  }

  /** Forgets the cells of changed days, and all cells when other changes are possible. @param changes from the last included one on */
  private forgetChanged(
    layout: SessionLayout,
    partition: number,
    now: PartitionMark,
    changes: readonly EventEntry[],
  ): void {
    const before = this.partitions.get(partition);
    const isContinued = before !== undefined && areAllChanges(changes, before, now);
    const cells = isContinued ? before.cells : new Map<string, SymbolCells>();
    this.partitions.set(partition, { ...now, cells });
    if (!isContinued) return;
    for (const [id, fields] of changes) {
      const isIncluded = id === before.lastChange;
      if (isIncluded || !COUNT_CHANGES.has(valueOf(fields, 'type') ?? '')) continue;
      const day = layout.dayIndexOf(valueOf(fields, 'date') ?? '');
      if (day !== undefined) for (const { isKnown } of cells.values()) isKnown[day] = 0;
    }
  }

  /** The kept counts of a symbol, by index of the day. Valid until the next {@link update}; the caller must not change them. */
  of(partition: number, symbol: string): Readonly<SymbolCells> | undefined {
    return this.partitions.get(partition)?.cells.get(symbol);
  }

  /** Keeps the counts of a closed day, which were read after {@link update}. */
  keep(partition: number, symbol: string, day: number, counts: SlotCounts): void {
    const cellsBySymbol = this.partitions.get(partition)?.cells;
    if (!cellsBySymbol) return;
    let cells = cellsBySymbol.get(symbol);
    if (!cells) {
      cells = { counts: new Uint16Array(this.days * COUNTS_A_CELL), isKnown: new Uint8Array(this.days) };
      cellsBySymbol.set(symbol, cells);
    }
    writeCell(cells.counts, day, counts);
    cells.isKnown[day] = 1;
  }
}

/** Whether `changes`, from the newest included one on, are all that may have changed the cells of a partition between two updates. */
function areAllChanges(changes: readonly EventEntry[], before: PartitionMark, now: PartitionMark): boolean {
  if (before.writer !== now.writer || before.frontier > now.frontier || changes.length >= CHANGES_MAX) return false;
  // The newest included change is still stored: no later change was trimmed, and the store was not set back.
  return before.lastChange === FIRST_ID || changes[0]?.[0] === before.lastChange;
}

/** The value of a field in an entry. @param fields names and values, alternating */
function valueOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}

/** Writes cell number `at`. */
export function writeCell(cells: Uint16Array, at: number, counts: SlotCounts): void {
  CELL_COUNTS.forEach((name, place) => (cells[at * COUNTS_A_CELL + place] = counts[name]));
}

/** Copies cell number `from` of `counts` to cell number `to` of `target`. */
export function copyCell(counts: Uint16Array, from: number, target: Uint16Array, to: number): void {
  // A loop, because creating a typed array for each cell costs more than copying its five numbers.
  for (let i = 0; i < COUNTS_A_CELL; i++) target[to * COUNTS_A_CELL + i] = counts[from * COUNTS_A_CELL + i]!;
}
