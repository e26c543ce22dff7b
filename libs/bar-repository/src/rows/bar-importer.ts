/**
 * Bulk import of bars into one dataset. It stores all rows or none, and never overwrites a row.
 *
 * A row that is earlier or later than all stored rows of its symbol cannot collide, so it is copied straight into `bars`. Only the other
 * rows pass through a staging table (./staging.ts). A second import of the same dataset waits for a lock. Other programs may insert rows
 * without that lock: when one of their rows collides with a row that is copied straight, the import fails.
 */
import { orAborted, refuseBar, type Bar, type Hours, type Prices, type RefusalReason } from '@barkeep/bars';
import type { DataSource } from 'typeorm';
import { DatabaseError, type PoolClient } from 'pg';
import { borrowConnection } from '../connection.js';
import { CopyIn } from './copy-in.js';
import {
  allowDatasetValues,
  declareSymbolDates,
  ensureDataset,
  ensureSymbols,
  lockDataset,
  mergeChanges,
  UnknownDatasetError,
} from '../datasets.js';
import { TIME_FITS_DATE } from './stored-ranges.js';
import { createStaging, mergeStaged, STAGING_TABLE, type ImportCounts } from './staging.js';
import { TradingDates } from './trading-dates.js';

export interface ImportOptions {
  /**
   * Returns the trading date (`YYYY-MM-DD`) of an open time, or undefined; called once per quarter of an hour. The import declares the
   * dataset complete for each symbol and date that gets rows. Without this function it declares nothing complete.
   */
  complete?: ((openTime: number) => string | undefined) | undefined;
  /** With `complete`: `regular` when rows of extended hours were left out, so that nothing is known of those. @default 'extended' */
  hours?: Hours;
  /** `any` accepts negative prices and prices of 0, and marks the dataset. @default 'positive' */
  prices?: Prices;
  /** Marks the dataset: the bars have volume 0 because their source has no volume. @default false */
  withoutVolume?: boolean;
  /** Ends the wait for another import into the dataset. */
  signal?: AbortSignal | undefined;
  /** Called when the import has waited for a second to begin, because of another import into the dataset. */
  onWait?: (() => void) | undefined;
}

/** Thrown for an invalid bar. The import stays open: the caller may continue, or abort it. */
export class InvalidBarError extends Error {
  override readonly name = 'InvalidBarError';
  constructor(symbol: string, bar: Bar, reason: RefusalReason) {
    super(`expected a valid bar of ${symbol}, was ${reason}: ${JSON.stringify(bar)}`);
  }
}

/** Thrown when an import is used after it ended. */
export class ImportEndedError extends Error {
  override readonly name = 'ImportEndedError';
  constructor() {
    super('expected an import that is open, was finished or aborted');
  }
}

/** A symbol of the running import: its number, and the earliest and latest open time of its stored and new rows. */
interface ImportedSymbol {
  id: number;
  earliest: number;
  latest: number;
}

/** An import of at least this many rows runs VACUUM ANALYZE at once instead of waiting for autovacuum. */
const MAINTENANCE_ROWS_MIN = 10_000;

/** {@link ImportOptions.onWait} is called after this time. */
const WAIT_REPORTED_MS = 1_000;

/** Begins the transaction of an import and locks its dataset, which it creates when it is new. @returns the dataset's number */
async function beginImport(client: PoolClient, dataset: string): Promise<number> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  const datasetId = await ensureDataset(client, dataset);
  if (!(await lockDataset(client, datasetId))) throw new UnknownDatasetError(dataset);
  await createStaging(client);
  return datasetId;
}

/** One import, which {@link BarImporter.open} starts. */
export class BarImporter {
  private readonly symbols = new Map<string, ImportedSymbol>();
  /** Takes the rows that cannot collide. */
  private readonly direct: CopyIn;
  /** Takes the other rows. */
  private readonly staged: CopyIn;
  /** Undefined when the import declares no day complete. */
  private readonly dates: TradingDates | undefined;
  /** Settles when all calls so far have ended: see {@link inTurn}. */
  private lastCall: Promise<unknown> = Promise.resolve();
  private ended = false;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly client: PoolClient,
    private readonly dataset: string,
    private readonly datasetId: number,
    private readonly options: ImportOptions,
  ) {
    this.direct = new CopyIn(client, 'bars');
    this.staged = new CopyIn(client, STAGING_TABLE);
    if (options.complete) this.dates = new TradingDates(options.complete);
  }

  /**
   * Starts an import, after any other one of the dataset. A new dataset exists for others when the import has finished. Holds one
   * connection until {@link finish} or {@link abort}, and borrows a second one for single statements.
   * @throws the reason of `signal`, UnknownDatasetError, DatabaseError
   */
  static async open(dataSource: DataSource, dataset: string, options: ImportOptions = {}): Promise<BarImporter> {
    const { signal, onWait } = options;
    const client = await borrowConnection(dataSource);
    const waiting = setTimeout(() => onWait?.(), WAIT_REPORTED_MS);
    try {
      const datasetId = await orAborted(() => beginImport(client, dataset), signal);
      return new BarImporter(dataSource, client, dataset, datasetId, options);
    } catch (error) {
      client.release(true);
      throw error;
    } finally {
      clearTimeout(waiting);
    }
  }

  /**
   * Adds bars of one symbol, in any order. Resolves when the caller may write more. Adds the symbol when it is new.
   * @throws InvalidBarError before any of these bars is added, ImportEndedError, DatabaseError
   */
  write(symbol: string, bars: readonly Bar[]): Promise<void> {
    for (const bar of bars) {
      const reason = refuseBar(bar, this.options.prices);
      if (reason) return Promise.reject(new InvalidBarError(symbol, bar, reason));
    }
    return this.inTurn(() => this.append(symbol, bars));
  }

  /**
   * Commits the import and returns its counts. @throws DatabaseError; nothing is stored then. When the connection is lost during the commit,
   * all rows may be stored: the same import again then finds duplicates
   */
  async finish(): Promise<ImportCounts> {
    let counts: ImportCounts;
    try {
      counts = await this.inTurn(() => this.commit());
    } catch (error) {
      await this.abort();
      throw error;
    }
    // The rows are stored, so a failure of the maintenance must not look like one of the import. A later import repeats the work.
    await this.maintain(counts.accepted).catch((error: unknown) =>
      process.emitWarning(`the import is stored, but the maintenance of the table failed: ${String(error)}`),
    );
    return counts;
  }

  /** Ends the import and stores none of its rows. Does nothing when the import has ended. */
  async abort(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.lastCall;
    // The connection may be in the middle of a COPY. Closing it makes the server roll back.
    this.client.release(true);
  }

  private async append(symbol: string, bars: readonly Bar[]): Promise<void> {
    const imported = this.symbols.get(symbol) ?? (await this.addSymbol(symbol));
    for (const bar of bars) {
      const { openTime } = bar;
      const isOutermost = openTime > imported.latest || openTime < imported.earliest;
      if (openTime > imported.latest) imported.latest = openTime;
      if (openTime < imported.earliest) imported.earliest = openTime;
      this.dates?.add(imported.id, openTime);
      const wait = (isOutermost ? this.direct : this.staged).add(this.datasetId, imported.id, bar);
      if (wait) await wait;
    }
  }

  private async addSymbol(symbol: string): Promise<ImportedSymbol> {
    const id = (await ensureSymbols(this.dataSource, [symbol])).get(symbol);
    if (id === undefined) throw new Error(`expected symbol ${symbol} to have a number, was removed during the import`);
    const { rows } = await this.client.query<{ earliest: Date | null; latest: Date | null }>(
      `SELECT min("time") AS earliest, max("time") AS latest FROM bars
       WHERE dataset_id = $1 AND symbol_id = $2 AND ${TIME_FITS_DATE}`,
      [this.datasetId, id],
    );
    const imported = {
      id,
      earliest: rows[0]?.earliest?.getTime() ?? Infinity,
      latest: rows[0]?.latest?.getTime() ?? -Infinity,
    };
    this.symbols.set(symbol, imported);
    return imported;
  }

  private async commit(): Promise<ImportCounts> {
    await this.direct.flush();
    await this.staged.flush();
    const merged = await mergeStaged(this.client, this.dataset);
    const { prices, withoutVolume = false, hours = 'extended' } = this.options;
    if (this.dates) await declareSymbolDates(this.client, this.datasetId, this.dates.entries(), hours);
    await allowDatasetValues(this.client, this.datasetId, { anyPrices: prices === 'any', withoutVolume });
    await this.client.query('COMMIT');
    this.ended = true;
    this.client.release();
    return { ...merged, accepted: merged.accepted + this.direct.rows };
  }

  private async maintain(accepted: number): Promise<void> {
    await mergeChanges(this.dataSource, this.datasetId);
    if (accepted >= MAINTENANCE_ROWS_MIN) await this.dataSource.query('VACUUM (SKIP_LOCKED, ANALYZE) bars');
  }

  /** Runs calls one after another, so that a caller that does not await cannot interleave them. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.lastCall.then(async () => {
      if (this.ended) throw new ImportEndedError();
      try {
        return await work();
      } catch (error) {
        throw await this.reasonOf(error);
      }
    });
    this.lastCall = Promise.allSettled([result]);
    return result;
  }

  /** Why a statement failed. In an aborted transaction this is the error of the COPY that failed before it. */
  private async reasonOf(thrown: unknown): Promise<unknown> {
    if (!isAbortedTransaction(thrown)) return thrown;
    const copies = await Promise.allSettled([this.direct.inFlight, this.staged.inFlight]);
    const reasons = copies.map((copy): unknown => (copy.status === 'rejected' ? copy.reason : thrown));
    return reasons.find((reason) => !isAbortedTransaction(reason)) ?? thrown;
  }
}

/** True for the error of a statement after a failed one in its transaction. It does not say what failed. */
function isAbortedTransaction(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '25P02';
}
