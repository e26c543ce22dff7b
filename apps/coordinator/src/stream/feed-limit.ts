/**
 * How far the frontier of a fed session may go: to the lowest time that the open streams have reached. A stream that sends nothing for
 * too long is silent: it does not hold the frontier until it sends again. Pure.
 */
import type { FeedProgress, SymbolProgress } from '@barkeep/session-data';
import { LOOK_AGAIN_MS } from './wake-signals.js';

/**
 * A longer pause between two reads of the progress means that Redis or this process was away or asleep, or that the clock of Redis
 * jumped. The feeders may have been unable to send meanwhile, so such a pause does not count as their silence.
 */
export const LOOK_PAUSE_MAX_MS = 3 * LOOK_AGAIN_MS;

export interface FeedLimitInput extends FeedProgress {
  /** End of the session, epoch ms: a stream that ended has reached it. */
  end: number;
  /** A stream that sends nothing for this long is silent, ms. */
  timeoutMs: number;
  /** Since when this process reads the progress without a long pause, epoch ms: time before that does not count as silence. */
  lookingSince: number;
  /** By symbol: the `heardAt` with which its stream was last recorded as silent. A later `heardAt` ends the silence. */
  silences: ReadonlyMap<string, number>;
}

/**
 * @returns `limit`: how far the frontier may go, epoch ms; `silent`: the open streams that are silent now; `nextSilenceAt`: when the next
 *   stream falls silent if it sends nothing, epoch ms by the clock of `now`, or Infinity when none can
 */
export function feedLimit(input: FeedLimitInput) {
  const { streams, now, end } = input;
  const open = streams.filter(({ ended }) => !ended);
  const isSilent = (stream: SymbolProgress) => silentFrom(stream, input) <= now;
  const silent = open.filter(isSilent);
  const holding = open.filter((stream) => !isSilent(stream));
  const timeOf = ({ ended, reached }: SymbolProgress) => (ended ? end : Math.min(reached, end));
  // When no stream holds the frontier, it goes to the time of the furthest stream, so that all bars that came may be shown.
  const limit = holding.length > 0 ? Math.min(...holding.map(timeOf)) : Math.max(...streams.map(timeOf));
  return { limit, silent, nextSilenceAt: Math.min(...holding.map((stream) => silentFrom(stream, input))) };
}

/** When an open stream falls silent if it sends nothing more, epoch ms; -Infinity: it is recorded as silent and has sent nothing since. */
function silentFrom({ symbol, heardAt }: SymbolProgress, input: FeedLimitInput): number {
  const { now, silences, lookingSince, timeoutMs } = input;
  if (silences.get(symbol) === heardAt) return -Infinity;
  // A `heardAt` far in the future dates from before the clock of Redis was set back, and so from before `lookingSince`. One in the near
  // future counts as it is: the clock soon reaches it.
  const isFromBefore = heardAt > now + LOOK_PAUSE_MAX_MS;
  const heardFrom = isFromBefore ? lookingSince : Math.max(heardAt, lookingSince);
  return heardFrom + timeoutMs;
}
