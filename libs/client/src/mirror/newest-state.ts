/** Finds the newest `state` event of a session, however old it is. */
import type { ClockedReads, ReadCommand, SessionLayout } from '@barkeep/session-data';
import { stateOf, type ReportedState, type StreamEntry } from './event-tail.js';

/** Entries per page. */
const ENTRIES = 1_000;

/** The command that reads a page of entries up to `from`, newest first. */
export function statesCommand(layout: SessionLayout, from = '+'): ReadCommand {
  return ['xrevrange', layout.keysOf(0).events, from, '-', 'COUNT', ENTRIES];
}

/** @param page the reply to {@link statesCommand} @throws SessionLostError */
export async function newestState(
  reads: ClockedReads,
  layout: SessionLayout,
  page: unknown,
): Promise<ReportedState | undefined> {
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
