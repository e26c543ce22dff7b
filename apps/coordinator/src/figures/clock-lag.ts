/** How far the clock of a session is behind real time. Pure. */
import type { SessionLayout } from '@barkeep/session-data';

/** The position of a stream, epoch ms, and how far its pace is behind. */
export interface ClockPosition {
  readonly clock: number;
  readonly figures: { readonly lagMs: number };
}

/**
 * For a session with a pace: how far the clock is behind the time at which the next bars were due. For a fed session:
 * how far it is behind the last slot that has passed, so that nights and weekends do not count. Undefined for a session
 * whose clock does not follow real time.
 * @param now epoch ms of the wall clock
 */
export function clockLagMs(layout: SessionLayout, { clock, figures }: ClockPosition, now: number): number | undefined {
  const { pace, source } = layout.spec;
  if (pace.mode === 'clock') return figures.lagMs;
  return source.type === 'feed' ? Math.max(0, layout.slotEndBefore(now) - clock) : undefined;
}
