/**
 * Makes a {@link BarSource} of a user's repository, which has one of three forms: a TypeORM `DataSource` or `EntityManager` on
 * Barkeep's own tables, an object with `getBarsBySymbol`, or an object with `getBars`.
 */
import { parseInterval } from '@barkeep/bars';
import { DataSource } from 'typeorm';
import type { BarSource } from './bar-source.js';
import { DatasetSource } from './dataset-source.js';
import { ObjectSource, type Fetch } from './object-source.js';

/** Second form. `start` inclusive, `end` exclusive, `interval` such as `1m`. Answers an array of records, or a promise of one. */
export interface BarsBySymbolRepository {
  getBarsBySymbol(symbol: string, start: Date, end: Date, interval: string): unknown;
}

/** Third form: the same with one argument. */
export interface BarsRepository {
  getBars(query: { symbol: string; start: Date; end: Date; interval: string }): unknown;
}

/**
 * The source for a repository, or undefined when `repository` has none of the three forms (the caller warns).
 * @param name the dataset; with the first form, the dataset that is read
 */
export function barSourceOf(name: string, repository: unknown): BarSource | undefined {
  if (typeof repository !== 'object' && typeof repository !== 'function') return undefined;
  if (repository === null) return undefined;
  const dataSource = dataSourceOf(repository);
  if (dataSource) return new DatasetSource(name, dataSource);
  const fetch = fetchOf(repository);
  return fetch && new ObjectSource(name, fetch);
}

/**
 * A function that asks a repository for one symbol, or undefined when `repository` has none of the three forms. It does not
 * check the answer. A process that relays answers to another process uses it.
 * @param name the dataset; with the first form, the dataset that is read
 */
export function fetchFrom(name: string, repository: unknown): Fetch | undefined {
  if ((typeof repository !== 'object' && typeof repository !== 'function') || repository === null) return undefined;
  const dataSource = dataSourceOf(repository);
  if (!dataSource) return fetchOf(repository);
  const source = new DatasetSource(name, dataSource);
  return async (symbol, start, end, interval) => {
    const range = { from: start.getTime(), to: end.getTime(), intervalMs: parseInterval(interval).ms, interval };
    const { bars, refused } = await source.bars({ symbols: [symbol], ...range });
    // The process that gets the answer knows which prices are valid, and gives each refused row its reason.
    return [...(bars.get(symbol) ?? []), ...refused];
  };
}

function dataSourceOf(repository: object): DataSource | undefined {
  if (isDataSource(repository)) return repository;
  // An EntityManager has its DataSource under `dataSource`, before TypeORM 1.0 under `connection`.
  if (!('getRepository' in repository)) return undefined;
  if ('dataSource' in repository && isDataSource(repository.dataSource)) return repository.dataSource;
  return 'connection' in repository && isDataSource(repository.connection) ? repository.connection : undefined;
}

/** Checks the methods as well as the class, because the application may use another copy of TypeORM. */
function isDataSource(value: unknown): value is DataSource {
  if (value instanceof DataSource) return true;
  return (
    typeof value === 'object' && value !== null && 'createQueryRunner' in value && 'driver' in value && 'query' in value
  );
}

function fetchOf(repository: object): Fetch | undefined {
  if (hasBarsBySymbol(repository))
    return (symbol, start, end, interval) => repository.getBarsBySymbol(symbol, start, end, interval);
  if (hasBars(repository))
    return (symbol, start, end, interval) => repository.getBars({ symbol, start, end, interval });
  return undefined;
}

function hasBarsBySymbol(value: object): value is BarsBySymbolRepository {
  return 'getBarsBySymbol' in value && typeof value.getBarsBySymbol === 'function';
}

function hasBars(value: object): value is BarsRepository {
  return 'getBars' in value && typeof value.getBars === 'function';
}
