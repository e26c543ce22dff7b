/** The layout of a session: {@link LayoutDays}, symbols, partitions and key names. All processes compute the same one. Pure. */
import { addedPartition, currentSymbols, sourceName, UNCHANGED } from '@barkeep/bars';
import type { Interval, Membership, SessionSpec, TradingDay } from '@barkeep/bars';
import { UnknownIntervalError } from '../errors.js';
import { basePartition, basePartitionsOf, type PartitionKeys, partitionKeys } from './keys.js';
import { LayoutDays } from './layout-days.js';

/** Who reads. A strategy sees nothing that depends on data after the clock (I2, docs/ARCHITECTURE.md), an operator sees everything. */
export type View = 'strategy' | 'operator';

/** What determines a layout. */
export interface SessionDescription {
  id: string;
  incarnation: string;
  spec: SessionSpec;
  keyPrefix: string;
  /** Trading days before the spec's start; there are fewer when the calendar begins later. */
  historyDays: number;
  /** @default the symbols of the spec */
  membership?: Membership;
  /** The days with which the session was created. @default the days of its calendar now */
  keptDays?: readonly TradingDay[] | undefined;
}

export class SessionLayout extends LayoutDays {
  readonly id: string;
  readonly incarnation: string;
  /** How the symbols changed since the spec. */
  readonly membership: Membership;
  /** Datasets by the number in the records of their bars: the source, then the backfill datasets. */
  readonly datasets: readonly string[];
  /** Current symbols: the spec's symbols that have not left, and those that joined. */
  readonly symbols: readonly string[];
  /** Number of partitions for the symbols of the spec; each later partition has one symbol that joined, or none. */
  readonly basePartitions: number;
  readonly keys: readonly PartitionKeys[];
  private readonly symbolsByPartition: readonly (readonly string[])[];
  private readonly partitionBySymbol = new Map<string, number>();

  constructor(readonly description: SessionDescription) {
    const { id, incarnation, spec, keyPrefix, historyDays, membership = UNCHANGED, keptDays } = description;
    super(spec, historyDays, keptDays);
    this.id = id;
    this.incarnation = incarnation;
    this.membership = membership;
    this.datasets = [...new Set([sourceName(spec), ...spec.backfill])];
    this.symbols = currentSymbols(spec.symbols, membership);
    this.basePartitions = basePartitionsOf(spec.symbols.length);
    // Every later partition has a stamp, because its symbols changed.
    const stamped = Object.keys(membership.stamps).map(Number);
    const count = Math.max(this.basePartitions, ...stamped.map((partition) => partition + 1));
    const symbolsByPartition: string[][] = Array.from({ length: count }, () => []);
    for (const symbol of this.symbols) {
      const partition = addedPartition(membership, symbol) ?? basePartition(symbol, this.basePartitions);
      this.partitionBySymbol.set(symbol, partition);
      symbolsByPartition[partition]!.push(symbol);
    }
    this.symbolsByPartition = symbolsByPartition;
    this.keys = symbolsByPartition.map((_, partition) => partitionKeys(keyPrefix, id, partition));
  }

  /** As {@link interval}. @throws UnknownIntervalError when the session does not store the interval */
  intervalNamed(text: string): Interval {
    const interval = this.interval(text);
    if (interval) return interval;
    const known = this.intervals.map(({ name }) => name);
    throw new UnknownIntervalError(this.id, text, known);
  }

  get partitions(): number {
    return this.keys.length;
  }

  symbolsOf(partition: number): readonly string[] {
    return this.symbolsByPartition[partition] ?? [];
  }

  /** The partition of a symbol, or undefined when the session does not have it. */
  partitionOf(symbol: string): number | undefined {
    return this.partitionBySymbol.get(symbol);
  }

  /** The incarnation, and a version if the partition's symbols changed. Scripts refuse writers with another stamp. */
  stampOf(partition: number): string {
    const version = this.membership.stamps[partition];
    return version === undefined ? this.incarnation : `${this.incarnation}+${version}`;
  }

  /** Whether a meta hash with this stamp belongs to the session, in any version. */
  owns(stamp: string | null | undefined): boolean {
    return stamp?.split('+')[0] === this.incarnation;
  }

  /** True for a partition whose only symbol left, until another symbol joins: nothing is written there. */
  isVacant(partition: number): boolean {
    return partition >= this.basePartitions && this.symbolsOf(partition).length === 0;
  }

  /** The current symbols of a partition, and the symbols of the spec that left the partition. */
  everSymbolsOf(partition: number): readonly string[] {
    const { removed } = this.membership;
    const left = removed.filter((symbol) => basePartition(symbol, this.basePartitions) === partition);
    return [...this.symbolsOf(partition), ...left];
  }

  keysOf(partition: number): PartitionKeys {
    const keys = this.keys[partition];
    if (!keys) throw new RangeError(`partition: expected a number in [0, ${this.partitions}), was ${partition}`);
    return keys;
  }

  /** The keys that belong to one symbol's day only: its states, then its chunks. */
  dayKeys(partition: number, symbol: string, date: string): string[] {
    const keys = this.keysOf(partition);
    return [keys.states(symbol, date), ...this.intervals.map(({ name }) => keys.chunk(name, symbol, date))];
  }
}
