/**
 * Requests the bars of one day from the repositories of a session, in the order of its spec: the best one first. Each repository is asked
 * only for symbols that still lack bars after the better ones.
 *
 * When a repository fails for a symbol, no worse one is asked about that symbol: a bar of a worse one must not take the place of a bar
 * that the better one may still have (invariant I1 of docs/ARCHITECTURE.md). A repository that is given up counts as one without bars.
 */
import { setMaxListeners } from 'node:events';
import type { RefusedRecord, RepositoryAnswer } from '@barkeep/bar-repository';
import type { DatasetAnswer, DayGrid, SlotRange } from '@barkeep/bars';
import { isOutage, type SessionLayout, type SymbolDay, type UpkeepStore } from '@barkeep/session-data';
import type { Repositories, Repository } from './repositories.js';

/** A symbol's day with the slots whose bars are requested. */
export interface SymbolRequest extends SymbolDay {
  asked: SlotRange[];
  /** Whether the source or a repository declares the day complete; false when that was not read. */
  isDeclared: boolean;
  /** How many of the first repositories are not asked, because they have answered about these slots before. */
  skipped: number;
}

/** What the repositories answered about one symbol. */
export interface AskedSymbol {
  request: SymbolRequest;
  /** Best dataset first. */
  answers: DatasetAnswer[];
  /** Whether the answers together have a bar for every requested slot. */
  hasAllBars: boolean;
  refused: (RefusedRecord & { dataset: string })[];
  /** An outage of PostgreSQL, or else the failure of the best repository that failed. */
  failure: RequestFailure | undefined;
  /**
   * The place of the first repository that was not asked, because its time slice ended or too many requests failed; undefined without one.
   */
  unaskedFrom: number | undefined;
}

/** The failure of a repository. */
export interface RequestFailure {
  repository: string;
  error: unknown;
  /** The repository is a dataset, and PostgreSQL did not serve. The dataset may have the bars, so it is never given up for this. */
  isPostgresAway: boolean;
}

/** What the repositories answered for one day. */
export interface DayAnswer {
  /** By symbol, in the order of the requests. */
  symbols: Map<string, AskedSymbol>;
  /** For each repository that failed, its first failure; best repository first. */
  failures: Map<string, RequestFailure>;
  /** Repositories that answered at least one request, and `DECLARATIONS` when the declarations were read. */
  answered: Set<string>;
}

/** What ends a request, and what a failure means. */
interface AskOptions {
  timeoutMs: number;
  /** The time slice of each repository of the user's module, ms: its own, so that a slow one does not keep out the next. */
  sliceMs: number;
  signal: AbortSignal | undefined;
  /** Whether a repository that fails is given up. */
  givesUp: boolean;
}

/** Asks the repositories in the order of the session's spec. @throws the reason of the signal */
export async function askRepositories(
  repositories: Repositories,
  { layout }: UpkeepStore,
  grid: DayGrid,
  requests: readonly SymbolRequest[],
  options: AskOptions,
): Promise<DayAnswer> {
  const day: DayAnswer = {
    symbols: new Map(requests.map((request) => [request.symbol, unanswered(request)])),
    failures: new Map(),
    answered: new Set(),
  };
  for (const [place, name] of layout.spec.backfill.entries()) {
    const repository = repositories.get(name);
    const open = [...day.symbols.values()].filter(
      (symbol) => symbol.request.skipped <= place && lacksBars(symbol, options.givesUp),
    );
    if (!repository || open.length === 0) continue;
    const answer = await askOne(repository, layout, grid, open, options);
    addAnswer(day, grid, open, { place, name, dataset: layout.datasets.indexOf(name) }, answer);
  }
  return day;
}

function unanswered(request: SymbolRequest): AskedSymbol {
  return { request, answers: [], hasAllBars: false, refused: [], failure: undefined, unaskedFrom: undefined };
}

/** Whether a further repository may be asked about a symbol: each one so far has answered without all bars, or failed and is given up. */
export function lacksBars({ hasAllBars, failure, unaskedFrom }: AskedSymbol, givesUp: boolean): boolean {
  return !hasAllBars && unaskedFrom === undefined && (failure === undefined || isGivenUp(failure, givesUp));
}

/** Whether a failure counts as an answer without bars. @param givesUp whether the session gives up a repository that fails */
export function isGivenUp(failure: RequestFailure | undefined, givesUp: boolean): boolean {
  return givesUp && failure?.isPostgresAway === false;
}

/** True when the answers together have a bar for every asked slot. */
function covers(grid: DayGrid, asked: readonly SlotRange[], answers: readonly DatasetAnswer[]): boolean {
  const answered = new Set(answers.flatMap(({ bars }) => bars.map((bar) => grid.slotAt(bar.openTime))));
  for (const { start, end } of asked) {
    for (let slot = start; slot < end; slot++) if (!answered.has(slot)) return false;
  }
  return true;
}

/** Adds what one repository answered about `asked`. @param repository `place` in the session's repositories, `dataset` in its datasets */
function addAnswer(
  day: DayAnswer,
  grid: DayGrid,
  asked: readonly AskedSymbol[],
  { place, name, dataset }: { place: number; name: string; dataset: number },
  { bars, refused, failed, unasked, isPostgresAway }: OneAnswer,
): void {
  const failures = new Map(
    [...failed].map(([symbol, error]) => [symbol, { repository: name, error, isPostgresAway }] as const),
  );
  const [first] = failures.values();
  if (first && !day.failures.has(name)) day.failures.set(name, first);
  for (const record of refused) day.symbols.get(record.symbol)!.refused.push({ ...record, dataset: name });
  for (const answer of asked) {
    const { symbol } = answer.request;
    const failure = failures.get(symbol);
    if (failure) {
      if (isPostgresAway || !answer.failure) answer.failure = failure;
    } else if (unasked.has(symbol)) {
      answer.unaskedFrom = place;
    } else {
      day.answered.add(name);
      answer.answers.push({ dataset, bars: bars.get(symbol) ?? [] });
      answer.hasAllBars = covers(grid, answer.request.asked, answer.answers);
    }
  }
}

/** The answer of one repository. */
interface OneAnswer extends RepositoryAnswer {
  /** Whether its failures are an outage, as in {@link RequestFailure}. */
  isPostgresAway: boolean;
}

/** Asks one repository. An error of the whole call counts as a failure for each symbol. @throws the reason of the signal */
async function askOne(
  repository: Repository,
  { incarnation, spec }: SessionLayout,
  grid: DayGrid,
  symbols: readonly AskedSymbol[],
  { timeoutMs, sliceMs, signal }: AskOptions,
): Promise<OneAnswer> {
  const rangeOf = ({ start, end }: SlotRange) => ({ from: grid.openTime(start), to: grid.closeTime(end - 1) });
  const wanted = new Map(symbols.map(({ request }) => [request.symbol, request.asked.map(rangeOf)]));
  const ranges = [...wanted.values()].flat();
  const query = {
    symbols: [...wanted.keys()],
    // From the first to the last requested slot of any symbol.
    from: ranges.reduce((earliest, { from }) => Math.min(earliest, from), Infinity),
    to: ranges.reduce((latest, { to }) => Math.max(latest, to), -Infinity),
    wanted,
    interval: grid.interval.name,
    timeoutMs,
    prices: spec.prices,
    permit: repository.permitFor(incarnation),
    ...(repository.isOwn ? { slice: timeSlice(sliceMs) } : {}),
  };
  try {
    return { ...(await repository.source.bars(query, signal)), isPostgresAway: false };
  } catch (error) {
    signal?.throwIfAborted();
    const failed = new Map(query.symbols.map((symbol) => [symbol, error]));
    const isPostgresAway = !repository.isOwn && isOutageOfPostgres(error);
    return { bars: new Map(), refused: [], failed, unasked: new Set(), isPostgresAway };
  }
}

/** Whether PostgreSQL could not serve, or did not answer in time, for example while a table is locked. */
export function isOutageOfPostgres(error: unknown): boolean {
  return isOutage(error) || (error instanceof Error && error.name === 'TimeoutError');
}

/** A signal that aborts at the end of a time slice. */
function timeSlice(ms: number): AbortSignal {
  const slice = AbortSignal.timeout(ms);
  // Node warns about many listeners, and every request that waits for a permit adds one.
  setMaxListeners(0, slice);
  return slice;
}
