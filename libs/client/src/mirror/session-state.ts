/** The state of a session as its events report it. */
import type { ClockedReads, EventEntry, ReadCommand, SessionLayout } from '@barkeep/session-data';
import { stateOf, type ReportedState } from './stream-entry.js';

/** Maximum number of entries on a page. */
const PAGE_ENTRIES = 1_000;

/** The session ended, or will end, before the awaited time. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
  constructor(
    /** The session. */
    readonly sessionId: string,
    /** `stopped`, `failed`, `lost`, `deleted` or `completed`; `over` when the awaited time never comes: it is after the last close. */
    readonly state: string,
    /** The error that the session reported, or why the awaited time does not come; undefined without either. */
    readonly reason: string | undefined,
    /** Simulated time at which it ended, epoch ms; undefined when it had not begun or the time is unknown. */
    readonly clock: number | undefined,
  ) {
    const at = clock === undefined ? '' : ` at ${new Date(clock).toISOString()}`;
    super(`session ${sessionId}: ${state}${at}${reason ? `: ${reason}` : ''}`);
  }
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'stopped', 'failed', 'lost', 'deleted']);

/** Whether the session is in a final state: only a call of the API can change it. */
export function hasEnded<S extends { state: string }>(reported: S | undefined): reported is S {
  return reported !== undefined && ENDED.has(reported.state);
}

/** The command that reads a page of entries, newest first, from the id `from` back. @param from `+`: the newest entry */
export function statesCommand(layout: SessionLayout, from = '+'): ReadCommand {
  return ['xrevrange', layout.keysOf(0).events, from, '-', 'COUNT', PAGE_ENTRIES];
}

/** The state in the newest `state` event; undefined without one. @param page the reply to {@link statesCommand} @throws SessionLostError */
export async function newestState(
  reads: ClockedReads,
  layout: SessionLayout,
  page: unknown,
): Promise<ReportedState | undefined> {
  for (;;) {
    const entries = page as EventEntry[];
    for (const [, fields] of entries) {
      const state = stateOf(fields);
      if (state) return state;
    }
    const last = entries.at(-1);
    if (!last || entries.length < PAGE_ENTRIES) return undefined;
    const [, replies] = await reads.read([statesCommand(layout, `(${last[0]}`)]); // "(": entries before this one
    page = replies[0];
  }
}
