/** Chooses the symbols that a backfill job requests on its day, with their slots, and the order of the requests. Pure. */
import { firstMissing, slotsToAsk } from '@barkeep/bars';
import type { SymbolDay } from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import { answeredBefore } from './answered-before.js';
import type { SymbolRequest } from './repository-requests.js';

/** After each failure the next attempt starts this many symbols further in the list of symbols. */
const SYMBOLS_PER_FAILURE = 8;

/** What a backfill job requests on its day. */
export interface DayRequests {
  /** Symbols with slots to request. */
  requests: SymbolRequest[];
  /** Whether the declarations of complete days were read; if not, `isDeclared` of each request is false. */
  isDeclarationRead?: boolean;
  /** True when there are no requests because the session was stopped. */
  isStopped?: boolean;
  /** Resolves when the events of the found gaps are emitted. */
  gapsEmitted?: Promise<void>;
}

/** The day as the store has it. */
interface StoredDay {
  symbols: readonly SymbolDay[];
  /** Number of slots that the frontier has passed. */
  closedSlots: number;
  /** Symbols whose absent slots are due to be requested again. */
  due: ReadonlySet<string>;
  /** Symbols whose day the source or a repository declares complete; undefined when that was not read. */
  declared: ReadonlySet<string> | undefined;
}

/**
 * The symbols with slots to request.
 * @param payload of the job; its limit to some symbols is already applied to `symbols`
 * @param givesUp whether a repository that fails is given up in this attempt
 */
export function requestsOf(
  { symbols, closedSlots, due, declared }: StoredDay,
  { force, failures, answered }: Pick<Payload<'backfill'>, 'force' | 'failures' | 'answered'>,
  givesUp: boolean,
): SymbolRequest[] {
  const found = symbols.flatMap((symbolDay): SymbolRequest[] => {
    const { symbol, bitmap, states } = symbolDay;
    const dueOrMissing = due.has(symbol) ? 'due' : 'missing';
    const asked = slotsToAsk(bitmap, states, closedSlots, force ? 'all' : dueOrMissing);
    if (asked.length === 0) return [];
    const request = { ...symbolDay, asked, isDeclared: declared?.has(symbol) ?? false };
    return [{ ...request, skipped: answeredBefore(answered, request) }];
  });
  // Symbols with missing slots come first: a barrier waits for them, and not for slots that were requested before.
  const hasMissing = ({ bitmap, states }: SymbolDay) => firstMissing(bitmap, states, closedSlots) < closedSlots;
  const withMissing = new Set(found.filter(hasMissing));
  const requests = [...withMissing, ...found.filter((request) => !withMissing.has(request))];
  // After a failure start with other symbols, so that symbols that always fail do not block the others. When a failing repository is given
  // up, no symbol blocks another, and the order stays.
  const offset = givesUp ? 0 : failures * SYMBOLS_PER_FAILURE;
  const start = offset % Math.max(1, requests.length);
  return [...requests.slice(start), ...requests.slice(0, start)];
}
