/**
 * Removes closed days from a session's store, oldest first, on behalf of the owner. May be repeated when it was interrupted:
 * the store itself knows from which day on it retains bars, and which earlier days are gone. Does not decide which days
 * leave (`firstKeptAt` of the layout does).
 */
import { dayMember } from '../layout/index.js';
import { SCRIPTS } from '../redis/index.js';
import type { SessionWriter } from './writer.js';

/** Most keys that one script call removes, approximately; bounds how long it blocks Redis. */
const KEYS_A_CALL = 1_000;

/**
 * Removes all days before `firstKept` and everything about them; does nothing when they are gone.
 * @throws FencedError, SessionLostError, RewindError when the store's frontier is before that day
 */
export async function retireBefore(writer: SessionWriter, firstKept: number): Promise<void> {
  const { layout } = writer;
  const from = layout.grid(firstKept).open;
  // Partition 0 first: readers take the oldest retained day from there.
  const retiredTo = new Map<number, number>();
  for (const [partition, { meta }] of layout.keys.entries()) {
    if (layout.isVacant(partition)) continue;
    const [, time] = await writer.run(SCRIPTS.retain, partition, [meta], [from], 'retained');
    retiredTo.set(partition, Number(time));
  }
  for (const [partition, time] of retiredTo) {
    for (let day = layout.firstKept(time); day < firstKept; day++) await retireDay(writer, partition, day);
  }
}

async function retireDay(writer: SessionWriter, partition: number, dayIndex: number): Promise<void> {
  const { layout } = writer;
  const keys = layout.keysOf(partition);
  const { date, open } = layout.grid(dayIndex);
  const next = layout.grid(dayIndex + 1).open;
  const symbols = layout.symbolsOf(partition);
  const step = Math.max(1, Math.floor(KEYS_A_CALL / (layout.intervals.length + 1)));
  for (let at = 0; at === 0 || at < symbols.length; at += step) {
    const batch = symbols.slice(at, at + step);
    const names = [keys.meta, keys.retry, keys.dirty, keys.errors, keys.emitted];
    for (const symbol of batch) names.push(...layout.dayKeys(partition, symbol, date));
    const isLast = at + step >= symbols.length;
    const args = [open, isLast ? next : '', date, ...batch.map((symbol) => dayMember(date, symbol))];
    await writer.run(SCRIPTS.retire, partition, names, args, 'retired');
  }
}
