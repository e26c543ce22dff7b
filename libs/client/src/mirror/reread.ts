/**
 * Reads days that a mirror holds again, and replaces their bars: each day in one turn of the event loop, so that no read of the mirror
 * sees a day half replaced. The functions return false when the session's clock is before `loadedTo`, because the store was set back. Then
 * the held bars of that day and of the later days stay as they are. The held bars of a day that the session has removed always stay.
 */
import type { ClockedReads, SessionLayout } from '@barkeep/session-data';
import { DayRead } from './day-read.js';
import type { DayChange } from './event-tail.js';
import type { Holdings } from './holdings.js';
import type { SymbolBars } from './symbol-bars.js';

/** Reads the changed bars of some days again. @param loadedBefore only bars that close by this time, epoch ms, may be stale */
export async function rereadChanges(
  holdings: Holdings,
  reads: ClockedReads,
  changes: ReadonlyMap<string, DayChange>,
  loadedBefore: number,
): Promise<boolean> {
  const { layout, loadedTo, derivedBy } = holdings;
  const heldBars = (names: ReadonlySet<string>) => [...names].flatMap((name) => holdings.get(name) ?? []);
  const read = new DayRead(layout);
  for (const [date, { base, derived }] of changes) {
    const day = layout.dayIndexOf(date);
    if (day === undefined || day < holdings.heldFrom || layout.grid(day).open >= loadedBefore) continue;
    const part = { day, to: loadedTo };
    read.replace({ ...part, intervals: [layout.base], symbols: heldBars(base) });
    if (derivedBy === 'upkeep') read.replace({ ...part, intervals: layout.derived, symbols: heldBars(derived) });
  }
  return read.commands.length === 0 || replaceBars(holdings, reads, read);
}

/** Reads all held days of some symbols again, day by day. @param layout may be newer than that of the holdings */
export async function rereadDays(
  holdings: Holdings,
  reads: ClockedReads,
  layout: SessionLayout,
  symbols: readonly SymbolBars[],
): Promise<boolean> {
  const { loadedTo, heldFrom } = holdings;
  for (let day = heldFrom; day < layout.days.length && layout.grid(day).open < loadedTo; day++) {
    const part = { day, to: loadedTo, intervals: holdings.storedIntervals(layout), symbols };
    if (!(await replaceBars(holdings, reads, new DayRead(layout).replace(part)))) return false;
  }
  return true;
}

async function replaceBars(holdings: Holdings, reads: ClockedReads, read: DayRead): Promise<boolean> {
  const [clock, replies] = await reads.read(read.commands);
  if (clock < holdings.loadedTo) return false;
  read.receiveAll(replies, reads.firstKept);
  holdings.changes++;
  holdings.rewrites++;
  return true;
}
