/** Builds the commands that read a part of one day, and puts their replies into a mirror. Does no I/O itself. */
import { recordOffset, type Interval } from '@barkeep/bars';
import { byPartition, slotsCommand, type ReadCommand, type SessionLayout, type Receiver } from '@barkeep/session-data';
import type { DayRecords } from './derivation.js';
import type { SymbolBars } from './symbol-bars.js';

/** A part of a day to read. */
export interface DayPart {
  /** Index into the layout's days. */
  day: number;
  /** The part has the bars that close in `(from, to]`, epoch ms. */
  from: number;
  to: number;
  intervals: readonly Interval[];
  symbols: readonly SymbolBars[];
}

const EMPTY = Buffer.alloc(0);

/** Each command reads one interval of the symbols of one partition: either whole chunks, or the records of some slots. */
export class DayRead {
  readonly commands: ReadCommand[] = [];
  /** The day that each command reads, as an index into the layout's days. */
  private readonly days: number[] = [];
  /** One for each command. Takes one value of the reply: the bytes of the symbol at `place` in the command; null when it has none. */
  private readonly receivers: ((place: number, bytes: Buffer | null) => void)[] = [];

  constructor(private readonly layout: SessionLayout) {}

  /** Adds commands for a part that is later than all shown bars of its symbols. Its bars are appended. */
  append(part: DayPart): this {
    return this.add(part, (bars, records) => bars.append(this.layout, records));
  }

  /** Adds commands that read a day's bars up to `to` again. They replace the held bars. */
  replace(part: Omit<DayPart, 'from'>): this {
    const fromStart = { ...part, from: 0 }; // a time before every day
    return this.add(fromStart, (bars, records) => bars.replaceDay(this.layout, records));
  }

  /**
   * A function that puts each value of the replies into the mirror as it arrives. After an error the same part may be appended again.
   * @param preceding number of other commands that the caller sends before {@link commands}
   */
  receiver(preceding = 0): Receiver {
    return (command, place, value) => {
      if (command < preceding) return false; // the value stays in the reply
      this.receivers[command - preceding]!(place, value as Buffer | null);
      return true;
    };
  }

  /**
   * Puts the values of all replies into the mirror at once. Leaves out the days before `firstKept`: the session has removed their bars, and
   * the mirror keeps those that it has.
   * @param firstKept index into the layout's days, as of the replies
   */
  receiveAll(replies: readonly unknown[], firstKept: number): void {
    replies.forEach((reply, command) => {
      if (this.days[command]! < firstKept) return;
      (reply as (Buffer | null)[]).forEach((bytes, place) => this.receivers[command]!(place, bytes));
    });
  }

  /** Adds the commands for a part. @param put puts the records of one symbol and interval into the mirror */
  private add(part: DayPart, put: (bars: SymbolBars, records: DayRecords) => void): this {
    const { day, from, to, intervals, symbols } = part;
    for (const interval of intervals) {
      const grid = this.layout.grid(day, interval);
      const [fromSlot, toSlot] = [grid.closedBy(from), grid.closedBy(to)];
      if (fromSlot >= toSlot) continue;
      // From four fifths of a day on, reading whole chunks is cheaper than the script that reads some slots.
      const readsWhole = 5 * (toSlot - fromSlot) >= 4 * grid.slotCount;
      // The records of these slots are bytes `[start, end)` of a chunk.
      const [start, end] = [recordOffset(grid.slotCount, fromSlot), recordOffset(grid.slotCount, toSlot)];
      for (const [partition, members] of byPartition(symbols, (bars) => bars.partition)) {
        const keys = this.layout.keysOf(partition);
        const chunkKeys = members.map(({ symbol }) => keys.chunk(interval.name, symbol, grid.date));
        this.commands.push(readsWhole ? ['mgetBuffer', ...chunkKeys] : slotsCommand(chunkKeys, start, end));
        this.days.push(day);
        this.receivers.push((place, bytes) => {
          const records = (readsWhole ? bytes?.subarray(start, end) : bytes) ?? EMPTY;
          put(members[place]!, { day, interval, records, fromSlot, toSlot });
        });
      }
    }
    return this;
  }
}
