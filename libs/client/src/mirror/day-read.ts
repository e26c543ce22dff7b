/**
 * The reads that bring a part of one day into a mirror, and what is done with their answers, chunk by chunk as they come: whole
 * chunks, all symbols of a partition in one command, or of a few slots their records alone, in one command too. Does no I/O itself.
 */
import { recordOffset, type Interval } from '@barkeep/bars';
import { byPartition, slotsCommand, type ReadCommand, type SessionLayout, type Take } from '@barkeep/session-data';
import type { SymbolBars } from './symbol-bars.js';

/** What is read of a day. */
export interface DayPart {
  day: number;
  /** Bars that close in `(from, to]`, epoch ms. */
  from: number;
  to: number;
  intervals: readonly Interval[];
  symbols: readonly SymbolBars[];
}

const NOTHING = Buffer.alloc(0);

type TakeChunk = (place: number, bytes: Buffer | null) => void;

export class DayRead {
  readonly commands: ReadCommand[] = [];
  private readonly takes: TakeChunk[] = [];

  constructor(private readonly layout: SessionLayout) {}

  /** Appends a part that comes after all that its symbols show. */
  append(part: DayPart): this {
    const { layout } = this;
    return this.add(part, (bars, interval, records, fromSlot, toSlot) =>
      bars.append(layout, { day: part.day, interval, records, fromSlot, toSlot }),
    );
  }

  /** Reads a day's bars anew, up to `to`. */
  replace(part: Omit<DayPart, 'from'>): this {
    const { layout } = this;
    return this.add({ ...part, from: 0 }, (bars, interval, records, _, toSlot) =>
      bars.replaceDay(layout, { day: part.day, interval, records, toSlot }),
    );
  }

  /**
   * Does with the values of the answers what the reads were for; what was appended, or only half of it, may be appended again.
   * @param before commands that are run before those of the reads
   */
  taker(before = 0): Take {
    return (command, place, value) => {
      if (command < before) return false;
      this.takes[command - before]!(place, value as Buffer | null);
      return true;
    };
  }

  /** Does so with all of them at once. */
  takeAll(replies: readonly unknown[]): void {
    replies.forEach((reply, command) =>
      (reply as (Buffer | null)[]).forEach((bytes, place) => this.takes[command]!(place, bytes)),
    );
  }

  private add(
    { day, from, to, intervals, symbols }: DayPart,
    put: (bars: SymbolBars, interval: Interval, records: Uint8Array, fromSlot: number, toSlot: number) => void,
  ): this {
    for (const interval of intervals) {
      const grid = this.layout.grid(day, interval);
      const [fromSlot, toSlot] = [grid.closedBy(from), grid.closedBy(to)];
      if (fromSlot >= toSlot) continue;
      // Of nearly all of a day the whole is cheaper than a script.
      const isWhole = 5 * (toSlot - fromSlot) >= 4 * grid.slotCount;
      const recordsAt = recordOffset(grid.slotCount, fromSlot);
      const recordsEnd = recordOffset(grid.slotCount, toSlot);
      for (const [partition, members] of byPartition(symbols, (bars) => bars.partition)) {
        const keys = this.layout.keysOf(partition);
        const names = members.map(({ symbol }) => keys.chunk(interval.name, symbol, grid.date));
        if (isWhole) {
          this.commands.push(['mgetBuffer', ...names]);
          this.takes.push((place, chunk) =>
            put(members[place]!, interval, chunk?.subarray(recordsAt, recordsEnd) ?? NOTHING, fromSlot, toSlot),
          );
        } else {
          this.commands.push(slotsCommand(names, recordsAt, recordsEnd));
          this.takes.push((place, records) => put(members[place]!, interval, records ?? NOTHING, fromSlot, toSlot));
        }
      }
    }
    return this;
  }
}
