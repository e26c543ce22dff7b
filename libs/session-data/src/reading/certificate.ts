/** The certificate of a session: digests and counts of its days, chained. How it is computed: docs/storage-layout.md. */
import { createHash } from 'node:crypto';
import { addDayCounts, encodeDays, noCounts, type SlotCounts } from '@barkeep/bars';
import { bitmapBytes, chunkBytes, ORIGIN_CODES, ORIGIN_OFFSET, RECORD_BYTES, recordOffset } from '@barkeep/bars';
import { inBatches } from '../batches.js';
import type { SessionLayout } from '../layout/index.js';
import { hashChunk, intervalsByName, readBySymbol } from './digest.js';
import type { Listing } from './listing.js';
import { readPosition } from './position.js';

/** One link of the certificate. */
export interface DayDigest {
  date: string;
  /** First open and last close, ISO 8601 UTC. */
  open: string;
  close: string;
  /** SHA-256 over the day's chunks, 64 hexadecimal digits. */
  digest: string;
  /** Counts of the base slots of all symbols. The chain includes expected, filled, streamed, backfilled and noTrade. */
  counts: SlotCounts;
}

export interface StoreCertificate {
  /** Retained days that the clock and upkeep have passed. Those of the history come first. */
  days: DayDigest[];
  /** Hash of the chain's last link, 64 hexadecimal digits; all zeros when there is no day. */
  digest: string;
  /** True when `days` are all retained days of the session. */
  complete: boolean;
}

/** The digest before the first link of a chain, which is also the digest of a chain without links. */
const NO_DIGEST = '0'.repeat(64);

/** SHA-256 of a session's trading days as text (`encodeDays`), 64 hexadecimal digits: equal for sessions with equal days. */
export function daysHashOf({ days }: SessionLayout): string {
  return createHash('sha256').update(encodeDays(days)).digest('hex');
}

/** Chunks per read. */
const CHUNKS_A_CALL = 16;
// Local copies for the loop in `addCounts`: an export of another package is read through a getter.
const [STEP, ORIGIN_AT, BACKFILLED] = [RECORD_BYTES, ORIGIN_OFFSET, ORIGIN_CODES.backfilled];

/** Certifies the retained days that the clock and upkeep have passed, without days that are removed meanwhile. @throws SessionLostError */
export async function certify(listing: Listing): Promise<StoreCertificate> {
  const { layout, reads } = listing;
  const { clock, watermark } = await readPosition(listing);
  const upTo = layout.spec.upkeep.enabled ? Math.min(clock, watermark) : clock;
  const symbols = [...listing.symbols].sort();
  const certified: DayDigest[] = [];
  const { firstKept: firstDay } = await reads.moment();
  let firstKept = firstDay;
  for (let day = firstDay; day < layout.days.length && layout.grid(day).close <= upTo; day++) {
    certified.push(await certifyDay(listing, symbols, day));
    // Finds which days are still retained, and fails at once when the session is gone.
    ({ firstKept } = await reads.moment());
  }
  // Leaves out days that were removed meanwhile: they may have been read in part. After a set-back `firstKept` may be an earlier day.
  const removedDays = Math.max(0, firstKept - firstDay);
  const days = certified.slice(removedDays);
  return { days, digest: chainOf(days), complete: firstKept + days.length === layout.days.length };
}

/** The chain: each link is the SHA-256 of the one before (32 bytes, zeros at first), date, digest (32 bytes), and counts as JSON. */
function chainOf(days: readonly DayDigest[]): string {
  return days.reduce((link, day) => {
    return createHash('sha256')
      .update(Buffer.from(link, 'hex'))
      .update(day.date)
      .update(Buffer.from(day.digest, 'hex'))
      .update(chainedCounts(day))
      .digest('hex');
  }, NO_DIGEST);
}

/** The counts of a day that the chain includes, as JSON. */
function chainedCounts({ counts }: DayDigest): string {
  const { expected, filled, streamed, backfilled, noTrade } = counts;
  return JSON.stringify({ expected, filled, streamed, backfilled, noTrade });
}

/** The dates whose links in the two chains differ, or that only one of the certificates has, oldest first. */
export function changedDates(before: StoreCertificate, now: StoreCertificate): string[] {
  const linkOf = (day: DayDigest) => `${day.digest} ${chainedCounts(day)}`;
  const linksBefore = new Map(before.days.map((day) => [day.date, linkOf(day)]));
  const dates = new Set([...linksBefore.keys(), ...now.days.map(({ date }) => date)]);
  for (const day of now.days) if (linksBefore.get(day.date) === linkOf(day)) dates.delete(day.date);
  return [...dates].sort();
}

/** The digest and the counts of one day. @param symbols sorted */
async function certifyDay(listing: Listing, symbols: readonly string[], day: number): Promise<DayDigest> {
  const { layout } = listing;
  const hash = createHash('sha256');
  const counts = noCounts();
  const { date, open, close } = layout.grid(day);
  for (const interval of intervalsByName(layout)) {
    const { slotCount } = layout.grid(day, interval);
    const isBase = interval === layout.base;
    // Other work of the process runs while a batch is read, so a long session does not block that work.
    for (const batch of inBatches(symbols, CHUNKS_A_CALL)) {
      const found = await readBySymbol(listing, batch, (keys, symbol) => [
        keys.chunk(interval.name, symbol, date),
        ...(isBase ? [keys.states(symbol, date)] : []),
      ]);
      for (const symbol of batch) {
        const [chunk = null, states = null] = found.get(symbol)!;
        if (chunk) hashChunk(hash, interval, symbol, date, chunk);
        if (isBase) addCounts(counts, slotCount, chunk, states);
      }
    }
  }
  const times = { open: new Date(open).toISOString(), close: new Date(close).toISOString() };
  return { date, ...times, digest: hash.digest('hex'), counts };
}

/** Counts filled slots by the origins in the hashed bytes, and the other slots by their states. */
function addCounts(counts: SlotCounts, slotCount: number, chunk: Buffer | null, states: Buffer | null): void {
  const bytes = chunk ?? new Uint8Array(chunkBytes(slotCount));
  let backfilled = counts.backfilled;
  // The origins are `STEP` bytes apart, one in each record. The record of an empty slot has no origin, so every record can be compared.
  const end = recordOffset(slotCount, slotCount);
  for (let at = recordOffset(slotCount, 0) + ORIGIN_AT; at < end; at += STEP) {
    if (bytes[at] === BACKFILLED) backfilled++;
  }
  addDayCounts(counts, bytes.subarray(0, bitmapBytes(slotCount)), states ?? undefined, slotCount);
  // `addDayCounts` takes the origins from the states. Where the bytes differ, they decide: bars move to the other count.
  counts.streamed += counts.backfilled - backfilled;
  counts.backfilled = backfilled;
}
