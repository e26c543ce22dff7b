/**
 * The names of all keys of a session. All keys of a partition carry one hash tag, so that a script may use all of them on a
 * cluster. Names are computed from the session's layout.
 */

/** Key names of one partition of one session. */
export class PartitionKeys {
  /** What all key names of the partition begin with. */
  readonly base: string;

  constructor(
    readonly prefix: string,
    readonly sessionId: string,
    readonly partition: number,
  ) {
    this.base = `${prefix}:{${sessionId}:${partition}}`;
  }

  /**
   * Hash: incarnation, fence (epoch, owner), frontier, watermark, counters, retainedFrom and retiredTo (stream/retention.ts), begun (symbols/membership.ts); in
   * partition 0 also clock, control, spec, historyDays, days, joins and gathered (consumers/consumers.ts).
   */
  get meta(): string {
    return `${this.base}:meta`;
  }
  /** Sorted set of `date symbol`, scored by the time (ms) at which absent bars are due for another try. */
  get retry(): string {
    return `${this.base}:retry`;
  }
  /** Set of `date symbol` whose derived bars are older than its base bars. */
  get dirty(): string {
    return `${this.base}:dirty`;
  }
  /** Hash of `date symbol` to the last error of a repository. */
  get errors(): string {
    return `${this.base}:errors`;
  }
  /**
   * Hash of repository to its current failure as JSON: `error`, `since` and `nextTryAt` (epoch ms), `failures`. There only while
   * the repository fails; partition 0 only.
   */
  get repositories(): string {
    return `${this.base}:repositories`;
  }
  /** Hash of `symbol reason` to the number of refused bars of repositories that `refused` includes. */
  get repositoryRefused(): string {
    return `${this.base}:repository-refused`;
  }
  /** Hash of `symbol reason` to the number of refused bars. */
  get refused(): string {
    return `${this.base}:refused`;
  }
  /**
   * Hash of `date symbol` to the rows of the source that have no slot on that local date (stream/outside.ts), and of `counted` to how
   * far they are counted.
   */
  get outside(): string {
    return `${this.base}:outside`;
  }
  /** Hash of symbol to the number of its bars before the session's first day; exists once the history is whole. */
  get history(): string {
    return `${this.base}:history`;
  }
  /** Stream of events: of the session and its clock in partition 0, of upkeep in each. */
  get events(): string {
    return `${this.base}:events`;
  }
  /**
   * Stream of changes that upkeep and feeding make, when they make them, also after the clock: mirrors and operators read it.
   * A strategy must not.
   */
  get changes(): string {
    return `${this.base}:changes`;
  }
  /** Sorted set of changes that are not in the public events yet, scored by the earliest time at which a part of them may be. */
  get pending(): string {
    return `${this.base}:pending`;
  }
  /** Hash of refused bars by window, for windows that the clock has not passed: `time symbol reason` to their number. */
  get refusedAhead(): string {
    return `${this.base}:refused-ahead`;
  }
  /** Hash of the values that were emitted last, so that none is emitted twice: gaps and counts of days in each partition, the state in partition 0. */
  get emitted(): string {
    return `${this.base}:told`;
  }
  /** Hash of consumer to its state and position (consumers/); partition 0 only. */
  get consumers(): string {
    return `${this.base}:consumers`;
  }
  /** Hash of symbol to the progress of its stream (feed/); fed sessions only. */
  get feed(): string {
    return `${this.base}:feed`;
  }
  /** Hash of figures of the stream, and of `timed-out date` for days whose source was silent; partition 0 only. */
  get stream(): string {
    return `${this.base}:stream`;
  }
  /** String: the day chunk. */
  chunk(interval: string, symbol: string, date: string): string {
    return `${this.base}:chunk:${interval}:${symbol}:${date}`;
  }
  /** String: a day chunk to be renamed; exists only inside the transaction that flushes it. */
  staged(symbol: string): string {
    return `${this.base}:staged:${symbol}`;
  }
  /** String: one status byte a base slot, present only for days in which something was missing. */
  states(symbol: string, date: string): string {
    return `${this.base}:states:${symbol}:${date}`;
  }
  /** Pub/sub channel that wakes the owner of the session. */
  get wake(): string {
    return wakeChannel(this.prefix, this.sessionId);
  }
}

export function wakeChannel(prefix: string, sessionId: string): string {
  return `${prefix}:wake:${sessionId}`;
}

/** Names a symbol's day in the sets and hashes above. */
export function dayMember(date: string, symbol: string): string {
  return `${date} ${symbol}`;
}
