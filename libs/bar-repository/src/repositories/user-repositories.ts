/**
 * Loads the user's module of repositories, and makes a {@link BarSource} of each repository. A repository has one of three forms:
 *   1. a TypeORM `DataSource` or `EntityManager` on Barkeep's own tables
 *   2. an object with `getBarsBySymbol`
 *   3. an object with `getBars`
 */
import { DataSource } from 'typeorm';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BarSource, messageOf } from './bar-source.js';
import { DatasetSource } from './dataset-source.js';
import { ObjectSource, type Fetch } from './object-source.js';

/** Form 2. `start` is inclusive, `end` exclusive, `interval` a name such as `1m`. Returns an array of records, or a promise of one. */
export interface BarsBySymbolRepository {
  getBarsBySymbol(symbol: string, start: Date, end: Date, interval: string): unknown;
}

/** Form 3: as form 2, but with one argument. */
export interface BarsRepository {
  getBars(query: { symbol: string; start: Date; end: Date; interval: string }): unknown;
}

/** The source for a repository; undefined when it has none of the three forms. @param name in the session; of form 1 also the dataset's */
export function barSourceOf(name: string, repository: unknown): BarSource | undefined {
  const sourceOrFetch = sourceOrFetchOf(name, repository);
  return typeof sourceOrFetch === 'function' ? new ObjectSource(name, sourceOrFetch) : sourceOrFetch;
}

/**
 * A function that requests one symbol from a repository and does not check the answer, because it relays the answer to another process.
 * Otherwise as {@link barSourceOf}.
 */
export function fetchFrom(name: string, repository: unknown): Fetch | undefined {
  const sourceOrFetch = sourceOrFetchOf(name, repository);
  if (!(sourceOrFetch instanceof DatasetSource)) return sourceOrFetch;
  return async (symbol, start, end, interval) => {
    const query = { symbols: [symbol], from: start.getTime(), to: end.getTime(), interval };
    const { bars, refused } = await sourceOrFetch.bars(query);
    // Refused rows are passed on: the receiving process knows which prices are valid, and refuses them again with the reason.
    return [...(bars.get(symbol) ?? []), ...refused];
  };
}

/** A source for form 1, a function that calls the object for forms 2 and 3, or undefined for any other value. */
function sourceOrFetchOf(name: string, repository: unknown): DatasetSource | Fetch | undefined {
  if ((typeof repository !== 'object' && typeof repository !== 'function') || repository === null) return undefined;
  const dataSource = dataSourceOf(repository);
  if (dataSource) return new DatasetSource(name, dataSource);
  const object = repository as BarsBySymbolRepository & BarsRepository;
  if (typeof object.getBarsBySymbol === 'function') return (...args) => object.getBarsBySymbol(...args);
  if (typeof object.getBars === 'function')
    return (symbol, start, end, interval) => object.getBars({ symbol, start, end, interval });
  return undefined;
}

function dataSourceOf(repository: object): DataSource | undefined {
  if (isDataSource(repository)) return repository;
  // An EntityManager has its DataSource under `dataSource`, before TypeORM 1.0 under `connection`.
  if (!('getRepository' in repository)) return undefined;
  if ('dataSource' in repository && isDataSource(repository.dataSource)) return repository.dataSource;
  return 'connection' in repository && isDataSource(repository.connection) ? repository.connection : undefined;
}

/** Also accepts an object with the members of the class, because the application may use another copy of TypeORM. */
function isDataSource(value: unknown): value is DataSource {
  if (value instanceof DataSource) return true;
  return isObject(value) && 'createQueryRunner' in value && 'driver' in value && 'query' in value;
}

/** Thrown when the module cannot be loaded or does not export repositories by name. */
export class RepositoryModuleError extends Error {
  override readonly name = 'RepositoryModuleError';
  constructor(modulePath: string, expected: string, actual: string, options?: ErrorOptions) {
    super(`repository module ${modulePath}: expected ${expected}, was ${actual}`, options);
  }
}

/**
 * Imports the module (CommonJS or ESM, relative to the working directory) and returns its repositories by name:
 * `module.exports = { 'vendor-b': repository }`, or an ES module with this object as its default export, or with named exports and no
 * default. The object may be a `Map`, a promise, or returned by a function (for repositories that connect first).
 * @throws RepositoryModuleError
 */
export async function loadRepositories(
  modulePath: string,
  load: (url: string) => Promise<unknown> = (url) => import(url),
): Promise<Map<string, unknown>> {
  const exported = await exportedBy(modulePath, load);
  if (!isObject(exported) || Array.isArray(exported)) {
    throw new RepositoryModuleError(modulePath, 'an object of repositories by dataset name', typeName(exported));
  }
  return new Map(exported instanceof Map ? exported : Object.entries(exported));
}

/** The value that a module exports. Awaits promises, and calls a function, which may connect first. @throws RepositoryModuleError */
async function exportedBy(modulePath: string, load: (url: string) => Promise<unknown>): Promise<unknown> {
  try {
    const namespace = await load(pathToFileURL(resolve(modulePath)).href);
    const outer: unknown = hasDefault(namespace) ? await namespace.default : withoutMarkers(namespace);
    // An ES module that was compiled to CommonJS has its default export one level deeper.
    const exported: unknown = hasDefault(outer) && '__esModule' in outer ? await outer.default : outer;
    return typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  } catch (error) {
    throw new RepositoryModuleError(modulePath, 'a module that loads', messageOf(error), { cause: error });
  }
}

/** The type of a value, for a message. */
function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function hasDefault(namespace: unknown): namespace is { default: unknown } {
  return isObject(namespace) && 'default' in namespace && namespace.default !== undefined;
}

/** The named exports as a plain object, without the entries that Node and compilers add. */
function withoutMarkers(namespace: unknown): unknown {
  if (!isObject(namespace)) return namespace;
  const markers = new Set(['default', '__esModule', 'module.exports']);
  return Object.fromEntries(Object.entries(namespace).filter(([name]) => !markers.has(name)));
}
