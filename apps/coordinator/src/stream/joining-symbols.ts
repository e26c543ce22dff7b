/**
 * The symbols that were added to a session while it ran and are not whole (repaired and derived) up to its clock yet. While any symbol is
 * joining, the clock is held.
 */
import { showJoined, type Fence, type PartitionPosition, type SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';

export class JoiningSymbols {
  /** @param joining the symbols that the store lists as joining */
  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
    private readonly fence: Fence,
    private joining: readonly string[],
  ) {}

  /** Whether any symbol is joining, so that the clock must be held. */
  get any(): boolean {
    return this.joining.length > 0;
  }

  /** Shows the symbols that are whole. @param clock epoch ms @throws FencedError, SessionLostError */
  async show(positions: readonly PartitionPosition[], clock: number): Promise<void> {
    const { symbols, wholeUpTo } = symbolsToShow(this.layout, positions, this.joining, clock);
    if (symbols.length === 0) return;
    // The script refuses when the clock has passed `wholeUpTo` meanwhile.
    const areShown = await showJoined(this.redis, this.layout, this.fence, symbols, wholeUpTo);
    if (!areShown) return; // the next call tries again
    this.joining = this.joining.filter((symbol) => !symbols.includes(symbol));
  }
}

/**
 * The joining symbols that are whole up to the clock and streamed as far as the other symbols: the session's frontier is the lowest one
 * of the shown symbols, and must not go back. Each joining symbol has a partition to itself, so its position is that of the symbol.
 * @param positions one per partition @param clock epoch ms
 * @returns `wholeUpTo`: the time up to which all of these symbols are whole, epoch ms; Infinity if there are none
 */
export function symbolsToShow(
  layout: Pick<SessionLayout, 'partitionOf' | 'spec' | 'end'>,
  positions: readonly PartitionPosition[],
  joining: readonly string[],
  clock: number,
): { symbols: string[]; wholeUpTo: number } {
  const joiningPartitions = new Set(joining.map((symbol) => layout.partitionOf(symbol)));
  const others = positions.filter((_, partition) => !joiningPartitions.has(partition));
  const othersFrontier = Math.min(layout.end, ...others.map(({ frontier }) => frontier));
  // Without upkeep nothing is repaired or derived: a symbol is whole as far as it is streamed.
  const hasUpkeep = layout.spec.upkeep.enabled;
  const wholeTimeOf = ({ watermark, frontier }: PartitionPosition) => (hasUpkeep ? watermark : frontier);
  const placed = joining.map((symbol) => ({ symbol, position: positions[layout.partitionOf(symbol) ?? -1] }));
  const whole = placed.flatMap(({ symbol, position }) => {
    const isWhole = position && position.frontier >= othersFrontier && wholeTimeOf(position) >= clock;
    return isWhole ? [{ symbol, upTo: wholeTimeOf(position) }] : [];
  });
  return { symbols: whole.map(({ symbol }) => symbol), wholeUpTo: Math.min(...whole.map(({ upTo }) => upTo)) };
}
