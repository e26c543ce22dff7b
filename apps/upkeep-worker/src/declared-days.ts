/**
 * Finds the symbols whose day is declared complete: nothing traded in their slots for which no repository has a bar. A bar may be stored
 * together with the declaration, so a declaration counts only when the repositories are asked after it was read.
 */
import { completeSymbols } from '@barkeep/bar-repository';
import type { SessionLayout } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import type { DayJob } from './day-job.js';
import { type DayAnswer, isOutageOfPostgres, lacksBars, type SymbolRequest } from './repository-requests.js';

/** The name under which a session waits for PostgreSQL, which has the declarations, as it waits for a repository. */
export const DECLARATIONS = 'PostgreSQL';

/** Those of the symbols whose day the source or a repository of the session declares complete. */
export function declaredSymbols(
  dataSource: DataSource,
  { spec, datasets }: SessionLayout,
  symbols: readonly string[],
  date: string,
): Promise<Set<string>> {
  // The source name of a feed is no dataset, so a declaration for a dataset of that name does not count.
  const declaring = spec.source.type === 'feed' ? spec.backfill : datasets;
  return completeSymbols(dataSource, declaring, symbols, date, spec.hours);
}

/**
 * Reads the declarations of the symbols that still lack bars, and requests those with a declaration again. The second answer about a symbol
 * replaces the first one, unless a request failed or was not made. An outage of PostgreSQL is a failure of {@link DECLARATIONS}.
 */
export async function askDeclaredAgain(
  dataSource: DataSource,
  { store, grid }: DayJob,
  day: DayAnswer,
  ask: (requests: readonly SymbolRequest[]) => Promise<DayAnswer>,
): Promise<void> {
  const incomplete = [...day.symbols.values()].filter((symbol) => lacksBars(symbol, false));
  if (incomplete.length === 0) return;
  let declared: Set<string>;
  try {
    const symbols = incomplete.map(({ request }) => request.symbol);
    declared = await declaredSymbols(dataSource, store.layout, symbols, grid.date);
  } catch (error) {
    if (!isOutageOfPostgres(error)) throw error;
    const failure = { repository: DECLARATIONS, error, isPostgresAway: true };
    for (const symbol of incomplete) symbol.failure = failure;
    day.failures.set(DECLARATIONS, failure);
    return;
  }
  day.answered.add(DECLARATIONS);
  const requests = incomplete.map(({ request }) => request).filter(({ symbol }) => declared.has(symbol));
  if (requests.length === 0) return;
  const second = await ask(requests.map((request) => ({ ...request, isDeclared: true, skipped: 0 })));
  for (const [symbol, { failure, unaskedFrom }] of second.symbols) {
    const isAnswered = failure === undefined && unaskedFrom === undefined;
    if (isAnswered) day.symbols.set(symbol, second.symbols.get(symbol)!);
    else Object.assign(day.symbols.get(symbol)!, { failure, unaskedFrom });
  }
  for (const [name, failure] of second.failures) day.failures.set(name, failure);
}
