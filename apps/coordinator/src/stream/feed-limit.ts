/**
 * How far the frontier of a fed session may go: to the lowest time that every open stream has reached. A stream that says
 * nothing for too long holds it no more until it speaks again. Pure.
 */
import type { FeedProgress, FedStream } from '@barkeep/session-data';

export interface FeedLimitInput extends FeedProgress {
  /** End of the session: what a stream that ended has reached, epoch ms. */
  end: number;
  /** A stream that is not heard of for so long is silent, ms. */
  timeoutMs: number;
  /** Since when streams are listened to, epoch ms: nobody is silent for what was before. */
  since: number;
  /** Of streams that were silent before that, when each had last been heard, epoch ms. */
  silences: ReadonlyMap<string, number>;
}

export interface FeedLimit {
  /** Epoch ms. */
  limit: number;
  silent: FedStream[];
  /** When the next stream falls silent if it stays so, epoch ms by the clock of `now`; Infinity when none can. */
  nextSilenceAt: number;
}

/** When nobody holds the frontier any more it goes to where the furthest stream is: what came may be shown. */
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
