/**
 * The symbols that were added to a session while it ran and are not complete up to its clock yet. While there is one, the clock
 * is held. A symbol is shown to readers when it is repaired and derived up to the clock, and streamed as far as the other
 * symbols: otherwise the frontier of the session would go back.
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
    const { symbols, wholeUpTo } = wholeSymbols(this.layout, positions, this.joining, clock);
    if (symbols.length === 0) return;
    if (!(await showJoined(this.redis, this.layout, this.fence, symbols, wholeUpTo))) return;
    this.joining = this.joining.filter((symbol) => !symbols.includes(symbol));
  }
}

/** The joining symbols that are complete up to the clock and streamed as far as the others; and `wholeUpTo`, how far all of them are. */
export function wholeSymbols(
  layout: Pick<SessionLayout, 'partitionOf' | 'spec' | 'end'>,
  positions: readonly PartitionPosition[],
  joining: readonly string[],
  clock: number,
): { symbols: string[]; wholeUpTo: number } {
  const positionOf = new Map(joining.map((symbol) => [symbol, positions[layout.partitionOf(symbol) ?? -1]]));
  const others = positions.filter((position) => ![...positionOf.values()].includes(position));
  const { enabled } = layout.spec.upkeep;
  const frontier = Math.max(clock, Math.min(layout.end, ...others.map((position) => position.frontier)));
  // Without upkeep nothing is repaired or derived: a streamed symbol is complete.
  const watermark = enabled ? clock : 0;
  const whole = [...positionOf].filter(
    ([, position]) => position && position.frontier >= frontier && position.watermark >= watermark,
  );
  const times = whole.map(([, position]) => (enabled ? position!.watermark : position!.frontier));
  return { symbols: whole.map(([symbol]) => symbol), wholeUpTo: Math.min(...times) };
}
