/**
 * Keeps windows that were read for one session, for other sessions of this process that stream the same symbols of the same
 * dataset. While only one such session streams, and no other session is about to start, nothing is kept or looked up.
 *
 * - A session never gets rows older than its own read would return: a kept window has the version of the dataset from before its
 *   read, and the caller of `join` looks the current version up just before.
 * - Failed reads are not kept.
 * - Windows are dropped beyond a limit of bytes, the least recently used first, and after 10 to 20 s without use. A session that
 *   holds a dropped window can still flush it.
 */
import { SharedRead, type ReadWork } from './shared-read.js';
import type { WindowRead } from './window-read.js';

/** An unused window is kept for at least this long, ms: sessions that are further apart do not share it. */
export const KEPT_MS = 10_000;

export interface SharingSession {
  /** A key of its dataset, symbols and partitions: sessions with the same key have equal windows. */
  content: string;
  /** Its windows end in `(from, to]`, epoch ms. */
  from: number;
  to: number;
  /** Until when windows are kept for sessions that are about to start, in `performance.now()` time; 0 when there are none. */
  awaitsUntil: number;
}

interface KeptWindow {
  content: string;
  read: SharedRead;
  bytes: number;
  /** When a session joined its read last, in `performance.now()` time. */
  usedAt: number;
}

interface WantedWindow {
  session: SharingSession;
  /** A key of the window, unique among windows with the same content. */
  name: string;
  /** Version of the dataset, looked up just before. */
  version: string;
  /** Most bytes of memory that the window takes. */
  bytes: number;
}

export class SharedWindows {
  private readonly sessions = new Set<SharingSession>();
  /** By content and name, the least recently used first. */
  private readonly kept = new Map<string, KeptWindow>();
  private keptBytes = 0;
  /** The timer of the next sweep; undefined while nothing is kept. */
  private sweeping: NodeJS.Timeout | undefined;

  /** @param limit in bytes; 0 turns sharing off @param onShared is called when a session gets a window that was read for another one */
  constructor(
    private readonly limit: number,
    private readonly onShared: () => void,
  ) {}

  /** Adds a session that streams; call `leave` at its end. */
  register(session: SharingSession): void {
    this.sessions.add(session);
  }

  /** Removes a session. The last one of its content drops the windows, unless other sessions are about to start. */
  leave(session: SharingSession): void {
    this.sessions.delete(session);
    if (this.othersLike(session).length > 0) return;
    if (isAwaiting(session)) return; // sessions that are about to start may still use the windows
    for (const [key, { content }] of this.kept) if (content === session.content) this.drop(key);
  }

  /** Whether another session streams the window that ends at `to`, or is about to, and `bytes` fit into the limit. */
  isWanted(session: SharingSession, to: number, bytes: number): boolean {
    if (bytes > this.limit) return false;
    if (isAwaiting(session)) return true;
    return this.othersLike(session).some((other) => other.from < to && to <= other.to);
  }

  /** Joins the read of a window, or starts it. @param emptyWindow receives the bars of a new read */
  join({ session: { content }, name, version, bytes }: WantedWindow, emptyWindow: WindowRead, work: ReadWork) {
    const key = `${content} ${name}`;
    const kept = this.kept.get(key);
    this.drop(key); // `keep` adds it again as the most recently used one
    if (kept?.read.version === version) {
      this.onShared();
      this.keep(key, { ...kept, usedAt: performance.now() });
      return kept.read;
    }
    const read: SharedRead = new SharedRead(version, emptyWindow, work, () => {
      if (this.kept.get(key)?.read === read) this.drop(key);
    });
    this.keep(key, { content, read, bytes, usedAt: performance.now() });
    return read;
  }

  private othersLike(session: SharingSession): SharingSession[] {
    return [...this.sessions].filter((other) => other !== session && other.content === session.content);
  }

  /** Adds a window as the most recently used one, and drops others until all fit into the limit. */
  private keep(key: string, kept: KeptWindow): void {
    this.kept.set(key, kept);
    this.keptBytes += kept.bytes;
    for (const [oldest] of this.kept) {
      if (this.keptBytes <= this.limit) break;
      this.drop(oldest);
    }
    this.sweepLater();
  }

  private drop(key: string): void {
    const kept = this.kept.get(key);
    if (!kept) return;
    this.kept.delete(key);
    this.keptBytes -= kept.bytes;
  }

  /** Drops, after a while, the windows that were not used for {@link KEPT_MS}; repeats that while windows are left. */
  private sweepLater(): void {
    this.sweeping ??= setTimeout(() => {
      this.sweeping = undefined;
      const since = performance.now() - KEPT_MS;
      for (const [key, { usedAt }] of this.kept) if (usedAt < since) this.drop(key);
      if (this.kept.size > 0) this.sweepLater();
    }, KEPT_MS).unref();
  }
}

/** Whether other sessions over the same bars are about to start. */
function isAwaiting({ awaitsUntil }: SharingSession): boolean {
  return performance.now() < awaitsUntil;
}
