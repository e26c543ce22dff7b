/**
 * Requests the bars of one day from the repositories of a session, in the order of its spec: the best one first. Each repository is asked
 * only for symbols that still lack bars after the better ones. When a repository fails for a symbol, no worse one is asked about that
 * symbol: a bar of a worse one must not take the place of a bar that the better one may still have (I1). A repository that is given up
 * counts as one without bars. Refused bars of the answers are kept in the quarantine for the user. I1 and I7 are invariants of
 * docs/ARCHITECTURE.md.
 */
import { setMaxListeners } from 'node:events';
import {
  type RepositoryAnswer,
  type RefusedRecord,
  quarantine,
  quarantineTotals,
  type QuarantinedBar,
} from '@barkeep/bar-repository';
import { type DatasetAnswer, type DayGrid, type SlotRange, sourceName } from '@barkeep/bars';
import {
  isOutage,
  type SessionLayout,
  type SymbolDay,
  type UpkeepStore,
  type RefusedCount,
} from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import type { DataSource } from 'typeorm';
import type { Repositories, Repository } from './repositories.js';

/** A symbol's day with the slots whose bars are requested. */
export interface SymbolRequest extends SymbolDay {
  asked: SlotRange[];
  /** Whether the source or a repository declares the day complete; false when that was not read. */
  isDeclared: boolean;
  /** How many of the first repositories are not asked, because they have answered about these slots before. */
  skipped: number;
}

/** The failure of a repository for one symbol. */
export interface RequestFailure {
  repository: string;
  error: unknown;
  /** The repository is a dataset, and PostgreSQL did not serve. The dataset may have the bars, so it is never given up for this. */
  isPostgresAway: boolean;
}

/** What the repositories answered for one day. */
export interface DayAnswer {
  /** By symbol, best dataset first. */
  answers: Map<string, DatasetAnswer[]>;
  /** The requests that still lack bars: at the end those for which every repository answered or was given up. */
  incomplete: readonly SymbolRequest[];
  /** For each symbol with a failure, that of the best repository that failed. An outage comes before other failures. */
  failureBySymbol: Map<string, RequestFailure>;
  /** For each repository that failed, its first failure; best repository first. */
  failureByRepository: Map<string, RequestFailure>;
  /**
   * Symbols that a repository was not asked for, because its time slice ended or too many requests failed, with the place of the first
   * such repository in the session's list.
   */
  unasked: Map<string, number>;
  /** The refused records of all answers. */
  refused: (RefusedRecord & { dataset: string })[];
  /** Repositories that answered at least one request, and `DECLARATIONS` when the declarations were read. */
  answered: Set<string>;
  /** Symbols whose day was declared complete before they were requested. */
  declared: Set<string>;
}

/** Thrown when a time slice ended before all symbols were requested. The job goes back to the queue. */
export class SliceEndedError extends Error {
  override readonly name = 'SliceEndedError';
  /** @param changes of the job's payload, with which it continues; undefined removes a field */
  constructor(readonly changes: Partial<Payload<'backfill'>>) {
    super('expected requests for all symbols within the time slice, but some symbols were left');
  }
}

/** What ends a request, and what a failure means. */
interface AskOptions {
  timeoutMs: number;
  /**
   * The time slice of each repository of the user's module, ms. Each has its own, so that a repository that is slower than a slice
   * does not keep the next one from being asked.
   */
  sliceMs: number;
  signal: AbortSignal | undefined;
  /** Whether a repository that fails is given up. */
  givesUp: boolean;
}

/** Asks the repositories in the order of the session's spec. @throws the reason of the signal */
export async function askRepositories(
  repositories: Repositories,
  store: UpkeepStore,
  grid: DayGrid,
  requests: readonly SymbolRequest[],
  options: AskOptions,
): Promise<DayAnswer> {
  const { layout } = store;
  const dayAnswer: DayAnswer = {
    answers: new Map(requests.map(({ symbol }) => [symbol, []])),
    incomplete: requests,
    failureBySymbol: new Map(),
    failureByRepository: new Map(),
    unasked: new Map(),
    refused: [],
    answered: new Set(),
    declared: new Set(requests.filter(({ isDeclared }) => isDeclared).map(({ symbol }) => symbol)),
  };
  for (const [place, name] of layout.spec.backfill.entries()) {
    const repository = repositories.get(name);
    const isRequested = ({ skipped }: SymbolRequest) => skipped <= place;
    const requested = dayAnswer.incomplete.filter(isRequested);
    if (!repository || requested.length === 0) continue;
    const answer = await askOne(repository, layout, grid, requested, options);
    addAnswer(dayAnswer, requested, { place, name, dataset: layout.datasets.indexOf(name) }, answer);
    // The next repository is asked about symbols that this one answered without all bars or, when it is given up, failed for.
    const isGivenUp = options.givesUp && !answer.isPostgresAway;
    const isPassedOn = (symbol: string) => !answer.unasked.has(symbol) && (isGivenUp || !answer.failed.has(symbol));
    dayAnswer.incomplete = dayAnswer.incomplete.filter((request) => {
      const { symbol, asked } = request;
      const isCovered = () => covers(grid, asked, dayAnswer.answers.get(symbol)!);
      return !isRequested(request) || (isPassedOn(symbol) && !isCovered());
    });
  }
  return dayAnswer;
}

/**
 * Adds what one repository answered about the requests.
 * @param repository its place in the session's list of repositories, its name, and its index in the session's list of datasets
 */
function addAnswer(
  dayAnswer: DayAnswer,
  requests: readonly SymbolRequest[],
  { place, name: repository, dataset }: { place: number; name: string; dataset: number },
  { bars, refused, failed, unasked, isPostgresAway }: OneAnswer,
): void {
  for (const record of refused) dayAnswer.refused.push({ ...record, dataset: repository });
  for (const [symbol, error] of failed) {
    const failure = { repository, error, isPostgresAway };
    if (isPostgresAway || !dayAnswer.failureBySymbol.has(symbol)) dayAnswer.failureBySymbol.set(symbol, failure);
    if (!dayAnswer.failureByRepository.has(repository)) dayAnswer.failureByRepository.set(repository, failure);
  }
  for (const symbol of unasked) dayAnswer.unasked.set(symbol, place);
  for (const { symbol } of requests) {
    if (failed.has(symbol) || unasked.has(symbol)) continue;
    dayAnswer.answered.add(repository);
    dayAnswer.answers.get(symbol)!.push({ dataset, bars: bars.get(symbol) ?? [] });
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
  requests: readonly SymbolRequest[],
  { timeoutMs, sliceMs, signal }: AskOptions,
): Promise<OneAnswer> {
  const wanted = new Map(
    requests.map(({ symbol, asked }) => [
      symbol,
      asked.map(({ start, end }) => ({ from: grid.openTime(start), to: grid.closeTime(end - 1) })),
    ]),
  );
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

/** True when the answers together have a bar for every asked slot. */
function covers(grid: DayGrid, asked: readonly SlotRange[], answers: readonly DatasetAnswer[]): boolean {
  const answered = new Set(answers.flatMap(({ bars }) => bars.map((bar) => grid.slotAt(bar.openTime))));
  for (const { start, end } of asked) {
    for (let slot = start; slot < end; slot++) if (!answered.has(slot)) return false;
  }
  return true;
}

/**
 * Quarantines the refused bars of one trading day. A bar that is in the quarantine already is not stored again, so that it counts
 * once, however often the repository returns it (I7).
 * @returns the day's totals per symbol, for the counts in the session store
 */
export async function quarantineRefused(
  dataSource: DataSource,
  layout: SessionLayout,
  date: string,
  refused: readonly QuarantinedBar[],
  repositories: Repositories,
): Promise<RefusedCount[]> {
  // The stream quarantines and counts the rows of the source dataset. A repository of the user's module may have the name of the source.
  const name = sourceName(layout.spec);
  const source = repositories.get(name)?.isOwn ? undefined : name;
  const rows = refused.filter(({ dataset }) => dataset !== source);
  if (rows.length === 0) return [];
  await quarantine(dataSource, layout.incarnation, rows, date);
  const datasets = layout.spec.backfill.filter((dataset) => dataset !== source);
  const symbols = [...new Set(rows.map(({ symbol }) => symbol))];
  return quarantineTotals(dataSource, layout.incarnation, datasets, symbols, date);
}

/** By symbol, a text about the refused bars in the answers, for the `lastError` of the symbol's gaps. */
export function refusalTexts(refused: readonly QuarantinedBar[]): Map<string, string> {
  /** By symbol and dataset, of which neither contains a space: the number of bars by reason. */
  const counts = new Map<string, Map<string, number>>();
  for (const { symbol, dataset, reason } of refused) {
    const key = `${symbol} ${dataset}`;
    const reasons = counts.get(key) ?? new Map<string, number>();
    counts.set(key, reasons.set(reason, (reasons.get(reason) ?? 0) + 1));
  }
  const texts = new Map<string, string>();
  for (const [key, reasons] of counts) {
    const [symbol = '', dataset = ''] = key.split(' ');
    const bars = [...reasons.values()].reduce((sum, count) => sum + count, 0);
    const list = [...reasons].map(([reason, count]) => `${reason} (${count})`).join(', ');
    const text = `${dataset} answered ${bars} ${bars === 1 ? 'bar that was' : 'bars that were'} refused: ${list}`;
    texts.set(symbol, texts.has(symbol) ? `${texts.get(symbol)}; ${text}` : text);
  }
  return texts;
}
