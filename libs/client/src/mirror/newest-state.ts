/** The newest state that a session's events say, however far back that is. */
import type { ClockedReads, ReadCommand, SessionLayout } from '@barkeep/session-data';
import { stateOf, type SaidState, type StreamEntry } from './event-tail.js';

/** Entries that are looked through at a time. */
const ENTRIES = 1_000;

/** Reads the newest entries up to `from`, newest first. */
export function statesCommand(layout: SessionLayout, from = '+'): ReadCommand {
  return ['xrevrange', layout.keysOf(0).events, from, '-', 'COUNT', ENTRIES];
}

/** @param page what {@link statesCommand} answered @throws SessionLostError */
export async function newestState(
  reads: ClockedReads,
  layout: SessionLayout,
  page: unknown,
): Promise<SaidState | undefined> {
  for (;;) {
    const entries = page as StreamEntry[];
    for (const [, fields] of entries) {
      const state = stateOf(fields);
      if (state) return state;
    }
    const last = entries.at(-1);
    if (!last || entries.length < ENTRIES) return undefined;
    [, [page]] = await reads.read([statesCommand(layout, `(${last[0]}`)]);
  }
}
