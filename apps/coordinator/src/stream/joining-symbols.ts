/**
 * The symbols that were added to a session while it ran and are not complete up to its clock yet. While any symbol is joining, the
 * clock is held. A symbol is shown to readers when it is repaired and derived up to the clock, and streamed as far as the other
 * symbols. If it were shown earlier, the frontier of the session would go back.
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

  /** Shows the symbols that are complete. @param clock epoch ms @throws FencedError, SessionLostError */
  async show(positions: readonly PartitionPosition[], clock: number): Promise<void> {
    const { symbols, completeUpTo } = symbolsToShow(this.layout, positions, this.joining, clock);
    if (symbols.length === 0) return;
    if (!(await showJoined(this.redis, this.layout, this.fence, symbols, completeUpTo))) return;
    this.joining = this.joining.filter((symbol) => !symbols.includes(symbol));
  }
}

/**
 * The joining symbols that are complete up to the clock and streamed as far as the other symbols. Each joining symbol has a
 * partition to itself, so the position of the partition is that of the symbol.
 * @param positions one per partition
 * @param clock epoch ms
 * @returns `completeUpTo`: the time up to which all of these symbols are complete, epoch ms; Infinity if there are none
 */
export function symbolsToShow(
  layout: Pick<SessionLayout, 'partitionOf' | 'spec' | 'end'>,
  positions: readonly PartitionPosition[],
  joining: readonly string[],
  clock: number,
): { symbols: string[]; completeUpTo: number } {
  // -1: a symbol without a partition in this layout has no position.
  const positionBySymbol = new Map(joining.map((symbol) => [symbol, positions[layout.partitionOf(symbol) ?? -1]]));
  const joiningPositions = new Set(positionBySymbol.values());
  const others = positions.filter((position) => !joiningPositions.has(position));
  const othersFrontier = Math.min(layout.end, ...others.map(({ frontier }) => frontier));
  const minFrontier = Math.max(clock, othersFrontier);
  // Without upkeep nothing is repaired or derived: a streamed symbol is complete.
  const hasUpkeep = layout.spec.upkeep.enabled;
  const minWatermark = hasUpkeep ? clock : 0;
  const symbols: string[] = [];
  let completeUpTo = Infinity;
  for (const [symbol, position] of positionBySymbol) {
    if (!position || position.frontier < minFrontier || position.watermark < minWatermark) continue;
    symbols.push(symbol);
    completeUpTo = Math.min(completeUpTo, hasUpkeep ? position.watermark : position.frontier);
  }
  return { symbols, completeUpTo };
}
