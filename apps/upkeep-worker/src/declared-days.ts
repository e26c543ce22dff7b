/**
 * Finds the symbols whose day is declared complete: nothing traded in their slots for which no repository has a bar. A bar may be stored
 * together with the declaration, so a declaration counts only when the repositories are asked after it was read.
 */
import { completeSymbols } from '@barkeep/bar-repository';
import type { SessionLayout } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import { type DayAnswer, isOutageOfPostgres, type SymbolRequest } from './repository-requests.js';

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
 * Reads the declarations of the symbols that still lack bars, and requests those with a declaration again. Puts the second answers into
 * `answer`. A symbol whose second request failed keeps the first answer. When PostgreSQL is away, that is a failure of {@link DECLARATIONS}.
 */
export async function askDeclaredAgain(
  answer: DayAnswer,
  readDeclared: (symbols: readonly string[]) => Promise<Set<string>>,
  ask: (requests: readonly SymbolRequest[]) => Promise<DayAnswer>,
): Promise<void> {
  const incomplete = answer.incomplete.filter(({ symbol }) => !answer.failureBySymbol.has(symbol));
  if (incomplete.length === 0) return;
  let declared: Set<string>;
  try {
    declared = await readDeclared(incomplete.map(({ symbol }) => symbol));
  } catch (error) {
    if (!isOutageOfPostgres(error)) throw error;
    const failure = { repository: DECLARATIONS, error, isPostgresAway: true };
    for (const { symbol } of incomplete) answer.failureBySymbol.set(symbol, failure);
    answer.failureByRepository.set(DECLARATIONS, failure);
    return;
  }
  answer.answered.add(DECLARATIONS);
  const requests = incomplete.filter(({ symbol }) => declared.has(symbol));
  if (requests.length === 0) return;
  const second = await ask(requests.map((request) => ({ ...request, skipped: 0 })));
  const isAnswered = (symbol: string) => !second.failureBySymbol.has(symbol) && !second.unasked.has(symbol);
  const replaced = new Set(requests.map(({ symbol }) => symbol).filter(isAnswered));
  for (const symbol of replaced) {
    answer.answers.set(symbol, second.answers.get(symbol)!);
    answer.declared.add(symbol);
  }
  answer.refused = [
    ...answer.refused.filter(({ symbol }) => !replaced.has(symbol)),
    ...second.refused.filter(({ symbol }) => replaced.has(symbol)),
  ];
  for (const [symbol, failure] of second.failureBySymbol) answer.failureBySymbol.set(symbol, failure);
  for (const [name, failure] of second.failureByRepository) answer.failureByRepository.set(name, failure);
  for (const [symbol, place] of second.unasked) answer.unasked.set(symbol, place);
}
