/** A {@link BarSource} that reads a dataset from Barkeep's own tables. One COPY reads all symbols of a query. */
import { orAborted, refuseBar, type Bar } from '@barkeep/bars';
import type { DataSource } from 'typeorm';
import { emptyAnswer, type RepositoryAnswer, type BarQuery, type BarSource } from './bar-source.js';
import { deadlineOf, permitWithin } from './object-source.js';
import { UnknownDatasetError } from '../datasets.js';
import { mergeRanges, type OnRow, readSpans, type TimeRange } from '../rows/index.js';

/**
 * The source of one dataset. It remembers no ids of the dataset and its symbols: a database that is made again under the same address gives
 * the ids to others.
 */
export class DatasetSource implements BarSource {
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
      const answer = await orAborted(() => this.read(query, deadline), deadline);
      reportOutcome();
      return answer;
    } catch (error) {
      reportOutcome(error);
      throw error;
    }
  }

  private async read(query: BarQuery, signal: AbortSignal): Promise<RepositoryAnswer> {
    await initialize(this.dataSource);
    const answer = emptyAnswer();
    const wanted = query.symbols.map((symbol) => ({ symbol, ranges: rangesOf(symbol, query), bars: [] as Bar[] }));
    const onRow: OnRow = (index, openTime, open, high, low, close, volume) => {
      const { symbol, bars } = wanted[index]!;
      const bar = { openTime, open, high, low, close, volume };
      const reason = refuseBar(bar, query.prices);
      if (reason === undefined) bars.push(bar);
      else answer.refused.push({ symbol, time: openTime, open, high, low, close, volume, reason });
    };
    const exists = await readSpans(this.dataSource, this.name, wanted, onRow, signal);
    if (!exists) throw new UnknownDatasetError(this.name);
    for (const { symbol, bars } of wanted) {
      bars.sort((a, b) => a.openTime - b.openTime);
      if (bars.length > 0) answer.bars.set(symbol, bars);
    }
    return answer;
  }
}

/** The ranges to read of a symbol. */
function rangesOf(symbol: string, { wanted, from, to }: BarQuery): TimeRange[] {
  return mergeRanges(wanted ? (wanted.get(symbol) ?? []) : [{ from, to }]);
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
