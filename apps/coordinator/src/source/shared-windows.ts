/**
 * Windows that were read for one session and are kept for the others of this process that stream the same: the same symbols of the
 * same dataset. While there is only one such session, and no other is about to begin, nothing is kept, and nothing is looked up.
 *
 * A window is found only under the version that the dataset had when its reading began; whoever asks has looked the version up just
 * now. So nobody gets rows that are older than those he would have read himself. What failed is not kept. What is kept is
 * bounded in bytes, and in the time that nobody asked for it; what was asked for least recently goes first. Memory of a
 * window is free when it is neither kept nor with a session that has yet to flush it.
 */
import { SharedRead, type ReadWork } from './shared-read.js';
import type { WindowRead } from './window-read.js';

/** How long a window is kept that nobody asks for: sessions that are further apart do not share. */
export const KEPT_MS = 10_000;

/** A session that streams. */
export interface SharingReader {
  /** Names its dataset and symbols, and how they are spread over partitions. */
  what: string;
  /** Its windows end in `(from, to]`, epoch ms. */
  from: number;
  to: number;
  /** Until when windows are kept for sessions that are about to begin, by `performance.now()`; 0 when none is. */
  awaitsUntil: number;
}

interface Kept {
  what: string;
  read: SharedRead;
  bytes: number;
  /** Clock of the process, ms. */
  askedAt: number;
}

export interface WantedWindow {
  reader: SharingReader;
  /** Names the window among those of equal readers. */
  name: string;
  /** Of the dataset, looked up for this. */
  version: string;
  /** At most, in memory. */
  bytes: number;
}

export class SharedWindows {
  private readonly readers = new Map<string, Set<SharingReader>>();
  /** Those asked for least recently first. */
  private readonly kept = new Map<string, Kept>();
  private bytes = 0;
  private sweeping: NodeJS.Timeout | undefined;

  /** @param limit in bytes; 0 turns sharing off @param found is called when a session gets a window that is read for another */
  constructor(
    private readonly limit: number,
    private readonly found: () => void,
  ) {}

  register(reader: SharingReader): void {
    const equals = this.readers.get(reader.what);
    if (equals) equals.add(reader);
    else this.readers.set(reader.what, new Set([reader]));
  }

  /** With the last of its kind goes what was kept for them, unless others are awaited. */
  leave(reader: SharingReader): void {
    const equals = this.readers.get(reader.what);
    equals?.delete(reader);
    if (equals?.size !== 0) return;
    this.readers.delete(reader.what);
    if (isAwaiting(reader)) return; // those that come may begin when this one is through
    for (const [key, { what }] of this.kept) if (what === reader.what) this.drop(key);
  }

  /** Whether another session streams the window that ends at `to`, or is about to, and there is room for so many bytes. */
  isWanted(reader: SharingReader, to: number, bytes: number): boolean {
    if (bytes > this.limit) return false;
    if (isAwaiting(reader)) return true;
    const equals = this.readers.get(reader.what) ?? [];
    return [...equals].some((other) => other !== reader && other.from < to && to <= other.to);
  }

  /** The read of a window, that of another session or one that begins now. @param rows empty, for one that begins */
  join({ reader: { what }, name, version, bytes }: WantedWindow, rows: () => WindowRead, work: ReadWork): SharedRead {
    const key = `${what} ${name}`;
    const kept = this.kept.get(key);
    this.drop(key); // and put last again
    if (kept?.read.version === version) {
      this.found();
      this.keep(key, { ...kept, askedAt: performance.now() });
      return kept.read;
    }
    const read: SharedRead = new SharedRead(version, rows(), work, () => {
      if (this.kept.get(key)?.read === read) this.drop(key);
    });
    this.keep(key, { what, read, bytes, askedAt: performance.now() });
    return read;
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
    for (const [key, { askedAt }] of this.kept) if (askedAt < since) this.drop(key);
    if (this.kept.size > 0) this.sweeping = setTimeout(() => this.sweep(), KEPT_MS).unref();
  }
}

function isAwaiting({ awaitsUntil }: SharingReader): boolean {
  return performance.now() < awaitsUntil;
}
