/** A {@link BarSource} that reads a dataset from Barkeep's own tables. One COPY reads all symbols of a query. */
import { orAborted, refuseBar, type Bar } from '@barkeep/bars';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { emptyAnswer, type RepositoryAnswer, type BarQuery, type BarSource } from './bar-source.js';
import { deadlineOf, permitWithin } from './object-source.js';
import { withConnection } from '../connection.js';
import { UnknownDatasetError } from '../datasets.js';
import { mergeRanges, type OnRow, readSpans } from '../rows/index.js';

/** The id of the dataset, and the ids of symbols by name. In one database no id is used twice. */
interface Ids {
  datasetId: number;
  symbolIds: ReadonlyMap<string, number>;
}

/**
 * The source of one dataset. It remembers ids for one connection only: a database that is made again under the same address has other ids,
 * and the connections to the old one have ended.
 */
export class DatasetSource implements BarSource {
  private readonly remembered = new WeakMap<PoolClient, Ids>();

  constructor(
    readonly name: string,
    private readonly dataSource: DataSource,
  ) {}

  /** @throws UnknownDatasetError when the dataset does not exist, which must not count as "no bars" */
  async bars(query: BarQuery, signal?: AbortSignal): Promise<RepositoryAnswer> {
    const reportOutcome = await permitWithin(query, signal);
    // Undefined: the time slice ended before the permit came.
    if (reportOutcome === undefined) return { ...emptyAnswer(), unasked: new Set(query.symbols) };
    const deadline = deadlineOf(query, signal);
    try {
      const answer = await orAborted(() => this.connectAndRead(query, deadline), deadline);
      reportOutcome();
      return answer;
    } catch (error) {
      reportOutcome(error);
      throw error;
    }
  }

  private async connectAndRead(query: BarQuery, signal: AbortSignal): Promise<RepositoryAnswer> {
    await initialize(this.dataSource);
    const answer = await withConnection(this.dataSource, (client) => this.read(client, query, signal));
    if (!answer) throw new UnknownDatasetError(this.name);
    return answer;
  }

  /** Reads by remembered ids if it can, and again by new ids while the dataset has another id. @returns undefined without such a dataset */
  private async read(client: PoolClient, query: BarQuery, signal: AbortSignal): Promise<RepositoryAnswer | undefined> {
    const remembered = this.remembered.get(client);
    const knowsAll = remembered && query.symbols.every((symbol) => remembered.symbolIds.has(symbol));
    let ids = knowsAll ? remembered : await this.lookUp(client, query.symbols);
    while (ids) {
      const answer = await readByIds(client, ids, query, signal);
      // A dataset is removed with all its rows. So a row proves that the dataset still has this id.
      if (answer.bars.size > 0 || answer.refused.length > 0) return answer;
      // Without a row, the dataset may have been removed before the read.
      const idsNow = await this.lookUp(client, query.symbols);
      if (idsNow?.datasetId === ids.datasetId) return answer;
      ids = idsNow;
    }
    return undefined;
  }

  /**
   * Reads the ids of the dataset and of those symbols that the database has, in one statement, and remembers them.
   * @returns undefined when the dataset does not exist
   */
  private async lookUp(client: PoolClient, symbols: readonly string[]): Promise<Ids | undefined> {
    const { rows } = await client.query<{ datasetId: number; id: number | null; symbol: string }>(
      `SELECT d.id AS "datasetId", s.id, s.name AS symbol
       FROM datasets d LEFT JOIN symbols s ON s.name = ANY($2) WHERE d.name = $1`,
      [this.name, symbols],
    );
    if (!rows[0]) return undefined;
    const found = rows.flatMap(({ symbol, id }) => (id === null ? [] : [[symbol, id] as const]));
    const symbolIds = new Map([...(this.remembered.get(client)?.symbolIds ?? []), ...found]);
    const ids = { datasetId: rows[0].datasetId, symbolIds };
    this.remembered.set(client, ids);
    return ids;
  }
}

async function readByIds(
  client: PoolClient,
  ids: Ids,
  query: BarQuery,
  signal: AbortSignal,
): Promise<RepositoryAnswer> {
  const answer = emptyAnswer();
  const byId = new Map<number, { symbol: string; bars: Bar[] }>();
  for (const symbol of query.symbols) {
    const id = ids.symbolIds.get(symbol);
    if (id !== undefined) byId.set(id, { symbol, bars: [] });
  }
  const onRow: OnRow = (symbolId, openTime, open, high, low, close, volume) => {
    const target = byId.get(symbolId);
    if (!target) return;
    const bar = { openTime, open, high, low, close, volume };
    const reason = refuseBar(bar, query.prices);
    if (reason === undefined) target.bars.push(bar);
    else answer.refused.push({ symbol: target.symbol, time: openTime, open, high, low, close, volume, reason });
  };
  await readSpans(client, { datasetId: ids.datasetId, spans: spansOf(query, ids) }, onRow, signal);
  for (const { symbol, bars } of byId.values()) {
    bars.sort((a, b) => a.openTime - b.openTime);
    if (bars.length > 0) answer.bars.set(symbol, bars);
  }
  return answer;
}

/** The ranges to read, each of one symbol. Leaves out symbols that the database does not have. */
function spansOf({ symbols, wanted, from, to }: BarQuery, { symbolIds }: Ids) {
  return symbols.flatMap((symbol) => {
    const symbolId = symbolIds.get(symbol);
    if (symbolId === undefined) return [];
    const ranges = mergeRanges(wanted ? (wanted.get(symbol) ?? []) : [{ from, to }]);
    return ranges.map((range) => ({ ...range, symbolId }));
  });
}

/** `initialize` of each DataSource that is being initialized, so that concurrent calls wait for the same one. */
const initializing = new WeakMap<DataSource, Promise<unknown>>();

/** Connects a `DataSource` that its owner did not initialize. @throws what `initialize` throws; the next call tries again */
async function initialize(dataSource: DataSource): Promise<void> {
  if (dataSource.isInitialized) return;
  let connected = initializing.get(dataSource);
  if (!connected) {
    connected = dataSource.initialize().finally(() => initializing.delete(dataSource));
    initializing.set(dataSource, connected);
  }
  await connected;
}
