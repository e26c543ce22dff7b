/**
 * Keeps windows that were read for one session for other sessions of this process that stream the same symbols of the same
 * dataset. While only one such session streams, and no other one is about to start, nothing is kept or looked up.
 *
 * A window is found only under the version that the dataset had when its read started, and the caller looks the version up just
 * before it asks. So a session never gets rows older than its own read would return. Failed reads are not kept. Kept windows are
 * bounded in bytes, and unused windows are evicted after 10 to 20 s, the least recently used first. A window's memory is free
 * when it is not kept and no session has yet to flush it.
 */
import { SharedRead, type ReadWork } from './shared-read.js';
import type { WindowRead } from './window-read.js';

/** How long an unused window is kept: sessions that are further apart do not share. */
export const KEPT_MS = 10_000;

/** A session that streams. */
export interface SharingSession {
  /** Names its dataset and symbols, and how they are spread over partitions. */
  content: string;
  /** Its windows end in `(from, to]`, epoch ms. */
  from: number;
  to: number;
  /** Until when windows are kept for sessions that are about to start, by `performance.now()`; 0 when none is. */
  awaitsUntil: number;
}

interface Kept {
  content: string;
  read: SharedRead;
  bytes: number;
  /** By `performance.now()`. */
  usedAt: number;
}

export interface WantedWindow {
  session: SharingSession;
  /** Names the window among those of equal sessions. */
  name: string;
  /** Version of the dataset, looked up for this. */
  version: string;
  /** Most that it takes in memory. */
  bytes: number;
}

export class SharedWindows {
  private readonly sessions = new Set<SharingSession>();
  /** The least recently used first. */
  private readonly kept = new Map<string, Kept>();
  private bytes = 0;
  private sweeping: NodeJS.Timeout | undefined;

  /** @param limit in bytes; 0 turns sharing off @param onShared is called when a session gets a window that was read for another one */
  constructor(
    private readonly limit: number,
    private readonly onShared: () => void,
  ) {}

  register(session: SharingSession): void {
    this.sessions.add(session);
  }

  /** When the last session of its content leaves, its windows are dropped, unless other sessions are about to start. */
  leave(session: SharingSession): void {
    this.sessions.delete(session);
    if (this.equalsOf(session).length > 0) return;
    if (isAwaiting(session)) return; // the others may start after this one has ended
    for (const [key, { content }] of this.kept) if (content === session.content) this.drop(key);
  }

  /** Whether another session streams the window that ends at `to`, or is about to, and `bytes` fit into the limit. */
  isWanted(session: SharingSession, to: number, bytes: number): boolean {
    if (bytes > this.limit) return false;
    if (isAwaiting(session)) return true;
    return this.equalsOf(session).some((other) => other.from < to && to <= other.to);
  }

  /** The read of a window: another session's, or one that starts now. @param rows gives an empty window for one that starts */
  join(
    { session: { content }, name, version, bytes }: WantedWindow,
    rows: () => WindowRead,
    work: ReadWork,
  ): SharedRead {
    const key = `${content} ${name}`;
    const kept = this.kept.get(key);
    this.drop(key); // it is added again as the last one
    if (kept?.read.version === version) {
      this.onShared();
      this.keep(key, { ...kept, usedAt: performance.now() });
      return kept.read;
    }
    const read: SharedRead = new SharedRead(version, rows(), work, () => {
      if (this.kept.get(key)?.read === read) this.drop(key);
    });
    this.keep(key, { content, read, bytes, usedAt: performance.now() });
    return read;
  }

  private equalsOf(session: SharingSession): SharingSession[] {
    return [...this.sessions].filter((other) => other !== session && other.content === session.content);
  }

  private keep(key: string, kept: Kept): void {
    this.kept.set(key, kept);
    this.bytes += kept.bytes;
    for (const [oldest] of this.kept) {
      if (this.bytes <= this.limit) break;
      this.drop(oldest);
    }
    this.sweeping ??= setTimeout(() => this.sweep(), KEPT_MS).unref();
  }

  private drop(key: string): void {
    const kept = this.kept.get(key);
    if (!kept) return;
    this.kept.delete(key);
    this.bytes -= kept.bytes;
  }

  private sweep(): void {
    this.sweeping = undefined;
    const since = performance.now() - KEPT_MS;
    for (const [key, { usedAt }] of this.kept) if (usedAt < since) this.drop(key);
    if (this.kept.size > 0) this.sweeping = setTimeout(() => this.sweep(), KEPT_MS).unref();
  }
}

function isAwaiting({ awaitsUntil }: SharingSession): boolean {
  return performance.now() < awaitsUntil;
}
