/** A {@link BarSource} that reads a dataset from Barkeep's own tables. One COPY reads all symbols of a query. */
import { orAborted, refuseBar, type Bar } from '@barkeep/bars';
import type { DataSource } from 'typeorm';
import { emptyAnswer, type RepositoryAnswer, type BarQuery, type BarSource } from './bar-source.js';
import { deadlineOf, permitWithin } from './object-source.js';
import { resolveDataset, symbolIds, UnknownDatasetError } from '../datasets.js';
import { mergeRanges, type OnRow, readSpans } from '../rows/index.js';

/** The source of one dataset. Remembers the ids of the dataset and of symbols. */
export class DatasetSource implements BarSource {
  /** Ids of symbols by name, from earlier queries. */
  private readonly knownIds = new Map<string, number>();
  /** The dataset's id at the last look-up. */
  private datasetId: number | undefined;

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
    const remembered = await this.readAsRemembered(query, signal);
    if (remembered) return remembered;
    const [datasetId] = await Promise.all([this.lookUpDataset(), this.lookUpSymbols(query.symbols)]);
    if (datasetId === undefined) throw new UnknownDatasetError(this.name);
    return this.read(datasetId, query, signal);
  }

  /** Reads by the ids of earlier queries. @returns undefined when an id is not known, or the dataset's is not valid any more */
  private async readAsRemembered(query: BarQuery, signal: AbortSignal): Promise<RepositoryAnswer | undefined> {
    const { datasetId } = this;
    if (datasetId === undefined || !query.symbols.every((symbol) => this.knownIds.has(symbol))) return undefined;
    const answer = await this.read(datasetId, query, signal);
    // An id is never used twice, and a dataset is removed with all its rows. So a row proves that the id is still valid.
    const hasRows = answer.bars.size > 0 || answer.refused.length > 0;
    return hasRows || (await this.lookUpDataset()) === datasetId ? answer : undefined;
  }

  /** Looks up the dataset's id. A dataset that was removed and imported again has another id. */
  private async lookUpDataset(): Promise<number | undefined> {
    this.datasetId = await resolveDataset(this.dataSource, this.name);
    return this.datasetId;
  }

  /** Reads the query's symbols whose ids are known. */
  private async read(datasetId: number, query: BarQuery, signal: AbortSignal): Promise<RepositoryAnswer> {
    const answer = emptyAnswer();
    const byId = new Map<number, { symbol: string; bars: Bar[] }>();
    for (const symbol of query.symbols) {
      const id = this.knownIds.get(symbol);
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
    await readSpans(this.dataSource, { datasetId, spans: this.spans(query) }, onRow, signal);
    for (const { symbol, bars } of byId.values()) {
      bars.sort((a, b) => a.openTime - b.openTime);
      if (bars.length > 0) answer.bars.set(symbol, bars);
    }
    return answer;
  }

  /** The ranges to read, each of one symbol. Leaves out symbols that the database does not have. */
  private spans({ symbols, wanted, from, to }: BarQuery) {
    return symbols.flatMap((symbol) => {
      const symbolId = this.knownIds.get(symbol);
      if (symbolId === undefined) return [];
      const ranges = mergeRanges(wanted ? (wanted.get(symbol) ?? []) : [{ from, to }]);
      return ranges.map((range) => ({ ...range, symbolId }));
    });
  }

  /** Looks up ids that are not remembered. An unknown symbol is looked up in every query, because it may be imported later. */
  private async lookUpSymbols(symbols: readonly string[]): Promise<void> {
    const unknown = symbols.filter((symbol) => !this.knownIds.has(symbol));
    for (const [symbol, id] of await symbolIds(this.dataSource, unknown)) this.knownIds.set(symbol, id);
  }
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
