/**
 * The worker's side of {@link RepositoryServer}: repositories that forward each call to the user's process. Coordinators and
 * workers load it through the module that {@link moduleText} makes.
 */
import { loadRepositories, type BarsBySymbolRepository } from '@barkeep/bar-repository';
import type { RemoteError, RepositoryAddress } from './repository-server.js';

/**
 * Repositories by name, including those of the user's own module (`BARKEEP_REPOSITORIES`).
 * @param address null when the user's repository has none of the supported forms
 * @param names the names under which the session's spec uses the user's repository
 */
export async function remoteRepositories(
  address: RepositoryAddress | null,
  names: readonly string[],
  modulePath?: string,
): Promise<Map<string, unknown>> {
  const repositories = modulePath === undefined ? new Map<string, unknown>() : await loadRepositories(modulePath);
  for (const name of names) repositories.set(name, address === null ? undefined : remoteRepository(address, name));
  return repositories;
}

function remoteRepository(address: RepositoryAddress, name: string): BarsBySymbolRepository {
  return {
    getBarsBySymbol: (symbol, start, end, interval) => ask(address, { name, symbol, start, end, interval }),
  };
}

async function ask({ url, token }: RepositoryAddress, question: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(question) });
  const body = (await answer.json()) as { records?: unknown } | RemoteError;
  // The error of the user's repository: its message is shown with the gap that the repository failed to fill.
  if ('message' in body) throw Object.assign(new Error(body.message), body);
  return body.records;
}

/** The text of a module for `BARKEEP_REPOSITORIES`. @param entry path of this file, built */
export function moduleText(
  entry: string,
  address: RepositoryAddress | undefined,
  names: readonly string[],
  modulePath?: string,
): string {
  const given = modulePath === undefined ? [] : [modulePath];
  const args = [address ?? null, names, ...given].map((value) => JSON.stringify(value));
  return `module.exports = () => require(${JSON.stringify(entry)}).remoteRepositories(${args.join(', ')});\n`;
}
