/**
 * Makes a {@link BarSource} of a user's repository, which has one of three forms: a TypeORM `DataSource` or `EntityManager` on
 * Barkeep's own tables, an object with `getBarsBySymbol`, or an object with `getBars`.
 */
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
  const form = formOf(name, repository);
  return typeof form === 'function' ? new ObjectSource(name, form) : form;
}

/**
 * A function that asks a repository for one symbol, or undefined when `repository` has none of the three forms. It does not
 * check the answer. A process that relays answers to another process uses it.
 * @param name the dataset; with the first form, the dataset that is read
 */
export function fetchFrom(name: string, repository: unknown): Fetch | undefined {
  const form = formOf(name, repository);
  if (!(form instanceof DatasetSource)) return form;
  return async (symbol, start, end, interval) => {
    const query = { symbols: [symbol], from: start.getTime(), to: end.getTime(), interval };
    const { bars, refused } = await form.bars(query);
    // The process that gets the answer knows which prices are valid, and gives each refused row its reason.
    return [...(bars.get(symbol) ?? []), ...refused];
  };
}

/** A source for the first form, and a function that asks the object for the other two. */
function formOf(name: string, repository: unknown): DatasetSource | Fetch | undefined {
  if ((typeof repository !== 'object' && typeof repository !== 'function') || repository === null) return undefined;
  const dataSource = dataSourceOf(repository);
  if (dataSource) return new DatasetSource(name, dataSource);
  const own = repository as BarsBySymbolRepository & BarsRepository;
  if (typeof own.getBarsBySymbol === 'function') return (...asked) => own.getBarsBySymbol(...asked);
  if (typeof own.getBars === 'function')
    return (symbol, start, end, interval) => own.getBars({ symbol, start, end, interval });
  return undefined;
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
