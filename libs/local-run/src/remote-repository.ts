/** The worker's side of {@link RepositoryServer}: forwards calls to the user's process. Loaded through the module of {@link moduleText}. */
import { loadRepositories, type BarsBySymbolRepository } from '@barkeep/bar-repository';
import type { RemoteError, RepositoryAddress } from './repository-server.js';

/**
 * Repositories by name: the user's repository under each of its names, and those of the user's own module.
 * @param address null when the user's repository has none of the supported forms; its names then map to undefined
 * @param names the names under which the session's spec uses the user's repository
 * @param modulePath the user's own module, from `BARKEEP_REPOSITORIES`
 */
export async function remoteRepositories(
  address: RepositoryAddress | null,
  names: readonly string[],
  modulePath?: string,
): Promise<Map<string, unknown>> {
  const repositories = modulePath === undefined ? new Map<string, unknown>() : await loadRepositories(modulePath);
  for (const name of names) repositories.set(name, address === null ? undefined : remoteEntry(address, name));
  return repositories;
}

/** The repository as an entry of the user's module: with its limit, if it has one. */
function remoteEntry(address: RepositoryAddress, name: string): object {
  const repository: BarsBySymbolRepository = {
    getBarsBySymbol: (symbol, start, end, interval) => ask(address, { name, symbol, start, end, interval }),
  };
  return address.limit === undefined ? repository : { repository, limit: address.limit };
}

/** Sends one request. @returns the records @throws Error with the message of the repository's error */
async function ask({ url, token }: RepositoryAddress, question: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(question) });
  const body = (await answer.json()) as { records?: unknown } | RemoteError;
  // The message is shown with the gap that the repository failed to fill. The error gets all fields of `body`, such as `retryAfterMs`.
  if ('message' in body) throw Object.assign(new Error(body.message), body);
  return body.records;
}

/**
 * The text of a module for `BARKEEP_REPOSITORIES` that calls {@link remoteRepositories}.
 * @param entry path of this file, built @param address undefined without a server
 */
export function moduleText(
  entry: string,
  address: RepositoryAddress | undefined,
  names: readonly string[],
  modulePath?: string,
): string {
  const values = [address ?? null, names, ...(modulePath === undefined ? [] : [modulePath])];
  const args = values.map((value) => JSON.stringify(value));
  return `module.exports = () => require(${JSON.stringify(entry)}).remoteRepositories(${args.join(', ')});\n`;
}
