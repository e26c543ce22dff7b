/**
 * Reads QuantConnect Lean's minute files: what the path says (market, symbol, date), and the rows inside.
 * A row is `milliseconds since midnight, open, high, low, close, volume`, midnight being that of the market's zone.
 * Pure: bytes in, sink calls out.
 */
import { basename, dirname, sep } from 'node:path';
import { decimalAt } from './decimal.js';
import { type BarParser, readBar, type RowSink, SYMBOL_PATTERN } from './parsed-row.js';
import { fieldText, type Row, RowSplitter } from './row-splitter.js';
import { WallClock } from './wall-time.js';

/** Name of a Lean file of minute trades. */
export const LEAN_FILE = /^(\d{4})(\d{2})(\d{2})_trade\.(zip|csv)$/i;
/** Where the files of a market are, what zone their midnights are in, and what their prices were multiplied by. */
const MARKETS = [
  { folders: ['equity', 'usa'], zone: 'America/New_York', priceScale: 10_000 },
  { folders: ['crypto'], zone: 'UTC', priceScale: 1 },
] as const;

const FIELDS = { open: 1, high: 2, low: 3, close: 4, volume: 5 };
const DAY_MS = 86_400_000;

export interface LeanFile {
  symbol: string;
  /** Midnight of the file's date, epoch ms, as if the wall time were UTC. */
  midnightMs: number;
  zone: string;
  priceScale: number;
}

/** Says that a path is none of Lean's, and what was expected. */
export class LeanPathError extends Error {
  override readonly name = 'LeanPathError';
}

/** Reads `…/equity/usa/minute/spy/20131004_trade.zip`. Options that the user gave go first. @throws LeanPathError */
export function leanFile(path: string, given: { symbol?: string; zone?: string; priceScale?: number }): LeanFile {
  const named = LEAN_FILE.exec(basename(path));
  if (named === null) throw new LeanPathError(`expected a name like 20131004_trade.zip, was "${basename(path)}"`);
  const midnightMs = Date.UTC(Number(named[1]), Number(named[2]) - 1, Number(named[3]));
  if (new Date(midnightMs).toISOString().slice(0, 10) !== `${named[1]}-${named[2]}-${named[3]}`) {
    throw new LeanPathError(`expected a date in the file name, was "${named[1]}${named[2]}${named[3]}"`);
  }
  const symbol = given.symbol ?? basename(dirname(path)).toUpperCase();
  if (!SYMBOL_PATTERN.test(symbol)) throw new LeanPathError(`expected a folder named like a symbol, was "${symbol}"`);
  const folders = `/${dirname(path).split(sep).join('/').toLowerCase()}/`;
  const other = /\/(tick|second|hour|daily)\//.exec(folders)?.[1];
  if (other !== undefined) throw new LeanPathError(`expected minute bars, was a file of resolution "${other}"`);
  const market = MARKETS.find((known) => folders.includes(`/${known.folders.join('/')}/`));
  const zone = given.zone ?? market?.zone;
  if (zone === undefined) throw new LeanPathError('expected …/equity/usa/… or …/crypto/… in the path, or --tz');
  return { symbol, midnightMs, zone, priceScale: given.priceScale ?? market?.priceScale ?? 1 };
}

export class LeanBars implements BarParser {
  readonly #splitter: RowSplitter;
  readonly #fields: typeof FIELDS & { priceScale: number };

  /** @param clock of the file's zone; given, so that a thousand files share its cache */
  constructor(
    private readonly file: LeanFile,
    private readonly clock: WallClock,
    private readonly sink: RowSink,
  ) {
    this.#fields = { ...FIELDS, priceScale: file.priceScale };
    this.#splitter = new RowSplitter(',', {
      row: (row) => this.#read(row),
      refuse: (line, reason, detail) => sink.refuse(line, reason, detail),
    });
  }

  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  end(): void {
    this.#splitter.end();
  }

  #read(row: Row): void {
    if (row.count < 6) {
      return this.sink.refuse(row.line, 'missing-fields', `expected 6 fields, was ${row.count}`);
    }
    const ms = decimalAt(row.bytes, row.starts[0] ?? 0, row.ends[0] ?? 0);
    if (!(Number.isInteger(ms) && ms >= 0 && ms < DAY_MS)) {
      const detail = `expected milliseconds since midnight, was "${fieldText(row, 0)}"`;
      return this.sink.refuse(row.line, 'unreadable-time', detail);
    }
    const openTime = this.clock.toUtc(this.file.midnightMs + ms);
    if (typeof openTime === 'number') readBar(row, this.#fields, this.file.symbol, openTime, this.sink);
    else this.sink.refuse(row.line, openTime, `${ms} ms after midnight in ${this.file.zone}`);
  }
}
