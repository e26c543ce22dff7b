/** A dataset in a separate database, for tests of packed days: its rows, its packs, and connections that change it. */
import {
  BarImporter,
  packDays,
  readPacked,
  removeDataset,
  resolveDataset,
  symbolIds,
  withSnapshot,
  type PackCounts,
} from '@barkeep/bar-repository';
import { DayChunk, DayGrid, parseInterval } from '@barkeep/bars';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { migratedDatabase } from '../setup/database.js';
import { holey, marketBars, tradingDays } from './market.js';

export const PACKED_SYMBOLS = ['AAA', 'BBB', 'CCC'];
const DATES = { start: '2024-07-01', end: '2024-07-05' };
/** Four days; the third is a half day, and 4 July is a holiday. */
const PACKED_DAYS = tradingDays(DATES);
export const PACKED_GRIDS = PACKED_DAYS.map((day) => new DayGrid(day, parseInterval('1m')));
/** The rows of the dataset. */
export const PACKED_MARKET = holey(marketBars({ symbols: PACKED_SYMBOLS, seed: 3, ...DATES }), 0.05, 4);
/** Number of packs: one for each symbol and day. */
export const PACKS = PACKED_SYMBOLS.length * PACKED_DAYS.length;

/** The dataset for the tests of one file. Registers hooks: before each test it has all rows of the market and no packs. */
export function packedDataset(): PackedDataset {
  const { url, dataSource } = migratedDatabase();
  const dataset = new PackedDataset(url, dataSource);
  beforeEach(() => dataset.refill());
  afterEach(() => dataset.closeClients());
  return dataset;
}

/** A connection in a snapshot. */
type Queryable = Parameters<typeof readPacked>[0];

class PackedDataset {
  /** Changes with each {@link refill}. */
  id = 0;
  /** Ids of PACKED_SYMBOLS, in this order. */
  ids: number[] = [];
  private readonly clients: Client[] = [];

  constructor(
    private readonly url: string,
    readonly dataSource: DataSource,
  ) {}

  /** Makes the dataset again, with all rows of the market and without packs. */
  async refill(): Promise<void> {
    await removeDataset(this.dataSource, 'main');
    const importer = await BarImporter.open(this.dataSource, 'main');
    for (const [symbol, bars] of PACKED_MARKET) await importer.write(symbol, bars);
    await importer.finish();
    this.id = (await resolveDataset(this.dataSource, 'main'))!;
    this.ids = [...(await symbolIds(this.dataSource, PACKED_SYMBOLS)).values()];
  }

  idOf(symbol: string): number {
    return this.ids[PACKED_SYMBOLS.indexOf(symbol)]!;
  }

  /** Packs all days of all symbols. */
  pack(interval = '1m'): Promise<PackCounts> {
    const options = { datasetId: this.id, symbolIds: this.ids, days: PACKED_DAYS, interval: parseInterval(interval) };
    return packDays(this.dataSource, options);
  }

  /** The key of a symbol's pack: `ID DATE`. @param day index of the day */
  keyOf(symbol: string, day: number): string {
    return `${this.idOf(symbol)} ${PACKED_DAYS[day]!.date}`;
  }

  /** The keys of the packs of a symbol on all days. */
  keysOf(symbol: string): string[] {
    return PACKED_DAYS.map((_, day) => this.keyOf(symbol, day));
  }

  /** The keys of all packs but some. */
  allBut(...keys: string[]): Set<string> {
    return new Set(PACKED_SYMBOLS.flatMap((symbol) => this.keysOf(symbol)).filter((key) => !keys.includes(key)));
  }

  /** The keys of the packs that exist. */
  async storedKeys(): Promise<Set<string>> {
    const rows = await this.dataSource.query<{ key: string }[]>(
      `SELECT symbol_id || ' ' || open::date AS key FROM packed_days WHERE dataset_id = $1`,
      [this.id],
    );
    return new Set(rows.map(({ key }) => key));
  }

  /** Checks that every pack equals the rows of its day, all in one snapshot. @returns the number of packs */
  async checkPacks(): Promise<number> {
    let found = 0;
    await withSnapshot(this.dataSource, async (client) => {
      for (const grid of PACKED_GRIDS) {
        const expected = await this.chunksOfRows(client, grid);
        for (const [id, bytes] of await this.readChunks(client, grid)) {
          expect(Buffer.from(bytes).equals(expected.get(id)!.bytes)).toBe(true);
          found++;
        }
      }
    });
    return found;
  }

  /** The packs of the slots `[fromSlot, toSlot)` of a day as a reader gets them. An empty pack gives an empty chunk. */
  async readChunks(client: Queryable, grid: DayGrid, fromSlot = 0, toSlot = grid.slotCount) {
    const chunks = new Map<number, Uint8Array>();
    // A copy, because the bytes are valid only during the call.
    const pack = (id: number, _bars: number, bytes: Uint8Array) => void chunks.set(id, Uint8Array.from(bytes));
    const empty = (id: number) => void chunks.set(id, new DayChunk(grid.slotCount).bytes);
    const query = { datasetId: this.id, symbolIds: this.ids, grid, fromSlot, toSlot };
    await readPacked(client, query, { pack, empty });
    return chunks;
  }

  /** Sets the isolation level that transactions of the database have by default, and connects again. */
  async setDefaultIsolation(level: string): Promise<void> {
    const alter = `ALTER DATABASE %I SET default_transaction_isolation = '${level}'`;
    await this.dataSource.query(`DO $$ BEGIN EXECUTE format($sql$${alter}$sql$, current_database()); END $$`);
    await this.dataSource.destroy();
    await this.dataSource.initialize();
  }

  /** Opens a connection. {@link closeClients} closes it. */
  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    this.clients.push(client);
    return client;
  }

  async closeClients(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.end()));
  }

  /** The chunks of a day that the rows of the dataset give, by symbol id. */
  private async chunksOfRows(client: Queryable, grid: DayGrid): Promise<Map<number, DayChunk>> {
    const { rows } = await client.query(
      `SELECT symbol_id, extract(epoch FROM "time")::float8 * 1000 AS time, open, high, low, close, volume FROM bars
       WHERE dataset_id = $1 AND "time" >= $2 AND "time" < $3`,
      [this.id, new Date(grid.open), new Date(grid.close)],
    );
    const chunks = new Map(this.ids.map((id) => [id, new DayChunk(grid.slotCount)]));
    for (const { symbol_id, time, ...bar } of rows) {
      const slot = grid.slotAt(time);
      if (typeof slot === 'number') chunks.get(symbol_id)!.writeBar(slot, { openTime: time, ...bar }, 'streamed', 0);
    }
    return chunks;
  }
}
