/** Finds what a backfill job requests on its day: the symbols, their empty slots, and the order of the requests. */
import { firstMissing, slotsToAsk } from '@barkeep/bars';
import { emitGapsFound, type SymbolDay, type UpkeepStore } from '@barkeep/session-data';
import { answeredBefore } from './answered-before.js';
import type { BackfillParts, DayJob } from './day-job.js';
import { declaredSymbols } from './declared-days.js';
import type { SymbolRequest } from './repository-requests.js';

/** After each failure the next attempt starts this many symbols further in the list of symbols. */
const SYMBOLS_PER_FAILURE = 8;

export interface DayRequests {
  requests: SymbolRequest[];
  /** Whether the declarations of complete days were read; if not, `isDeclared` of each request is false. */
  isDeclarationRead?: boolean;
  /** Resolves when the events of the found gaps are emitted. */
  gapsEmitted?: Promise<void>;
}

/** Finds the empty slots to request, and begins to emit the events of gaps that no detection has found. */
export async function findRequests(parts: BackfillParts, job: DayJob): Promise<DayRequests | 'stopped'> {
  const { store, day, grid, payload } = job;
  const { partition, date, force } = payload;
  const names = store.layout.symbolsOf(partition);
  // Redis answers these commands in this order, so the slots are at least as new as the frontier.
  const [isStopped, positions, retries, symbols, declared] = await Promise.all([
    store.isStopped(),
    store.positions(),
    store.dueRetries(partition, parts.now()),
    store.readDay(partition, day, names),
    declaredFirst(parts, store, names, date),
  ]);
  const { frontier = 0, retainedFrom = 0 } = positions[partition] ?? {};
  // A call may still request the bars of a session that was stopped.
  if (isStopped && !force) return 'stopped';
  if (grid.open < retainedFrom) return { requests: [] };
  const closedSlots = grid.closedBy(frontier);
  // The stream may have continued since the detection, so some gaps may be new.
  const emitting = emitGapsFound(store, { partition, day, closed: closedSlots }, symbols);
  const gapsEmitted = emitting.then((gaps) => parts.figures.found(gaps));
  const due = new Set(retries.filter((retry) => retry.date === date).map(({ symbol }) => symbol));
  const chosen = symbols.filter(({ symbol }) => job.symbols?.includes(symbol) ?? true);
  const requests = requestsOf(job, chosen, closedSlots, due, declared);
  return { requests: inOrder(requests, closedSlots, job), isDeclarationRead: declared !== undefined, gapsEmitted };
}

/**
 * Reads the declarations before the requests when a repository of the user's module is asked: it may be limited, and must not be asked
 * twice. Datasets are asked first, because most answers have all bars. @returns undefined when not read
 */
async function declaredFirst(
  { repositories, dataSource }: BackfillParts,
  { layout }: UpkeepStore,
  symbols: readonly string[],
  date: string,
): Promise<Set<string> | undefined> {
  if (!layout.spec.backfill.some((name) => repositories.get(name)?.isOwn)) return undefined;
  // The repositories are also asked while PostgreSQL is away. For symbols that lack bars, the declarations are read again afterwards.
  return declaredSymbols(dataSource, layout, symbols, date).catch(() => undefined);
}

/**
 * The symbols with slots to request. @param closedSlots number of slots that the frontier has passed
 * @param due symbols whose absent slots are due to be requested again
 * @param declared symbols whose day is declared complete; undefined when that was not read
 */
function requestsOf(
  { payload: { force, answered } }: DayJob,
  symbols: readonly SymbolDay[],
  closedSlots: number,
  due: ReadonlySet<string>,
  declared: ReadonlySet<string> | undefined,
): SymbolRequest[] {
  return symbols.flatMap((symbolDay) => {
    const { symbol, bitmap, states } = symbolDay;
    const dueOrMissing = due.has(symbol) ? 'due' : 'missing';
    const asked = slotsToAsk(bitmap, states, closedSlots, force ? 'all' : dueOrMissing);
    if (asked.length === 0) return [];
    const request = { ...symbolDay, asked, isDeclared: declared?.has(symbol) ?? false };
    return [{ ...request, skipped: answeredBefore(answered, request) }];
  });
}

/**
 * Symbols with missing slots come first: a barrier waits for them, and not for slots that were requested before.
 *
 * After a failure the list starts with other symbols, so that symbols that always fail do not block the others. When a failing repository
 * is given up, no symbol blocks another, and the order stays.
 */
function inOrder(found: readonly SymbolRequest[], closedSlots: number, job: DayJob): SymbolRequest[] {
  const hasMissing = ({ bitmap, states }: SymbolDay) => firstMissing(bitmap, states, closedSlots) < closedSlots;
  const withMissing = new Set(found.filter(hasMissing));
  const requests = [...withMissing, ...found.filter((request) => !withMissing.has(request))];
  const offset = job.onFailure === 'continue' ? 0 : job.payload.failures * SYMBOLS_PER_FAILURE;
  const start = offset % Math.max(1, requests.length);
  return [...requests.slice(start), ...requests.slice(0, start)];
}
