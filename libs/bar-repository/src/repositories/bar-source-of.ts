/**
 * Recognises what a repository can do and puts it behind the {@link BarSource} port: a TypeORM `DataSource` or `EntityManager` with
 * Barkeep's own tables, an object with `getBarsBySymbol`, an object with `getBars`.
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
 * The source for a repository, or undefined when there is none or it is none of the three forms (the caller warns).
 * @param name the dataset: for the first form the one that is read.
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
 * How a repository of any of the three forms is asked for one symbol, or undefined when it is none of them. What it answers is
 * not looked at: that is for whoever has the answer. For a process that answers in another one's place.
 * @param name the dataset: for the first form the one that is read
 */
export function fetchFrom(name: string, repository: unknown): Fetch | undefined {
  if ((typeof repository !== 'object' && typeof repository !== 'function') || repository === null) return undefined;
  const dataSource = dataSourceOf(repository);
  if (!dataSource) return fetchOf(repository);
  const source = new DatasetSource(name, dataSource);
  return async (symbol, start, end, interval) => {
    const range = { from: start.getTime(), to: end.getTime(), intervalMs: parseInterval(interval).ms, interval };
    return (await source.bars({ symbols: [symbol], ...range })).bars.get(symbol) ?? [];
  };
}

function dataSourceOf(repository: object): DataSource | undefined {
  if (isDataSource(repository)) return repository;
  // An EntityManager names its DataSource; before TypeORM 1.0 under its older name.
  if (!('getRepository' in repository)) return undefined;
  if ('dataSource' in repository && isDataSource(repository.dataSource)) return repository.dataSource;
  return 'connection' in repository && isDataSource(repository.connection) ? repository.connection : undefined;
}

/** By what it can do as well as by class: the application may have a copy of TypeORM of its own. */
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
