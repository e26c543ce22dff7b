/**
 * How far the frontier of a fed session may go: to the lowest time that every open stream has reached. A stream that sends
 * nothing for too long no longer holds it, until it sends again. Pure.
 */
import type { FeedProgress, FedStream } from '@barkeep/session-data';

export interface FeedLimitInput extends FeedProgress {
  /** End of the session, epoch ms: a stream that ended has reached it. */
  end: number;
  /** A stream that sends nothing for this long is silent, ms. */
  timeoutMs: number;
  /** Since when this process listens, epoch ms: time before that does not count as silence. */
  since: number;
  /** Streams that were silent before that, with the time at which each had last sent, epoch ms. */
  silences: ReadonlyMap<string, number>;
}

export interface FeedLimit {
  /** Epoch ms. */
  limit: number;
  silent: FedStream[];
  /** When the next stream falls silent if it sends nothing, epoch ms by the clock of `now`; Infinity when none can. */
  nextSilenceAt: number;
}

/** When no stream holds the frontier, it goes to the time of the furthest stream: the bars that came may be shown. */
export function feedLimit({ streams, now, end, timeoutMs, since, silences }: FeedLimitInput): FeedLimit {
  const open = streams.filter(({ ended }) => !ended);
  const silentAt = ({ symbol, heardAt }: FedStream) =>
    silences.get(symbol) === heardAt ? -Infinity : Math.max(heardAt, since) + timeoutMs;
  const silent = open.filter((stream) => silentAt(stream) <= now);
  const holding = open.filter((stream) => !silent.includes(stream));
  const reached = ({ ended, reached: time }: FedStream) => (ended ? end : Math.min(time, end));
  const limit = holding.length > 0 ? Math.min(...holding.map(reached)) : Math.max(...streams.map(reached));
  return { limit, silent, nextSilenceAt: Math.min(...holding.map(silentAt)) };
}
