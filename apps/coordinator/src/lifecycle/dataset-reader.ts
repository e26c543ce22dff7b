/** Describes datasets: their symbols, and how many rows each symbol has on each trading day of a calendar. */
import * as api from '@barkeep/api';
import {
  datasetExtent,
  datasetNames,
  datasetValues,
  datasetVersion,
  quarantinedRows,
  resolveDataset,
  type SymbolExtent,
  timesOfAll,
  UnknownDatasetError,
} from '@barkeep/bar-repository';
import type { DataSource } from 'typeorm';
import { countCoverage } from './dataset-coverage.js';
import { Turns } from './turns.js';

/** Most reads at the same time: a large dataset may take minutes, and the streams and other calls need the other connections. */
const READS_AT_ONCE = 3;

export class DatasetReader {
  private readonly turns = new Turns(READS_AT_ONCE);

  constructor(private readonly dataSource: DataSource) {}

  /** All datasets, sorted by name. */
  async list(): Promise<api.DatasetPageAnswer> {
    const summaryOf = async (name: string) => {
      const id = await resolveDataset(this.dataSource, name);
      if (id === undefined) return []; // removed since its name was read
      const extents = await datasetExtent(this.dataSource, id);
      const version = await datasetVersion(this.dataSource, id);
      return [{ name, symbols: extents.length, ...rangeOf(extents), version }];
    };
    const names = await datasetNames(this.dataSource);
    return { datasets: (await Promise.all(names.map((name) => this.turns.run(() => summaryOf(name))))).flat() };
  }

  /** A dataset with its symbols, its number of rows, the values that it allows and its refused rows. @throws UnknownDatasetError */
  describe(name: string): Promise<api.DatasetAnswerBody> {
    return this.turns.run(async () => {
      const { id, extents } = await this.extentsOf(name);
      // One after another, so that a read needs one connection.
      const { anyPrices, withoutVolume } = await datasetValues(this.dataSource, id);
      const version = await datasetVersion(this.dataSource, id);
      const quarantined = await quarantinedRows(this.dataSource, name);
      const countRows = 'SELECT count(*) AS rows FROM bars WHERE dataset_id = $1';
      const [counted] = await this.dataSource.query<{ rows: string }[]>(countRows, [id]);
      const symbols = extents.map((extent) => ({ symbol: extent.symbol, ...isoRange(extent) }));
      const prices = anyPrices ? ('any' as const) : ('positive' as const);
      const rows = Number(counted?.rows ?? 0);
      return { name, ...rangeOf(extents), version, rows, symbols, prices, withoutVolume, quarantined };
    });
  }

  /**
   * Counts the rows of a page of symbols per trading day. Without `from` and `to`: the days from the first to the last bar.
   * The page begins after the symbol `after`; `nextAfter` is null on the last page.
   * @throws UnknownDatasetError, UnknownCalendarError, ExtendedHoursError
   */
  coverage(name: string, query: api.CoverageQuery): Promise<api.CoverageAnswer> {
    return this.turns.run(async () => countCoverage(this.dataSource, name, await this.extentsOf(name), query));
  }

  /** The symbols of a dataset, in the order of their UTF-16 code units: the order of the database depends on its collation. */
  private async extentsOf(name: string): Promise<{ id: number; extents: SymbolExtent[] }> {
    const id = await resolveDataset(this.dataSource, name);
    if (id === undefined) throw new UnknownDatasetError(name);
    const extents = await datasetExtent(this.dataSource, id);
    return { id, extents: extents.sort((a, b) => (a.symbol < b.symbol ? -1 : 1)) };
  }
}

/** The open times of the first and the last bar; null in a dataset without bars. */
function rangeOf(extents: readonly SymbolExtent[]): { first: string | null; last: string | null } {
  return extents.length === 0 ? { first: null, last: null } : isoRange(timesOfAll(extents));
}

function isoRange({ first, last }: Pick<SymbolExtent, 'first' | 'last'>) {
  return { first: api.isoTime(first), last: api.isoTime(last) };
}
