/**
 * Runs an import: files in, bars to a writer, a summary out. A row or a file that is wrong is counted and the import
 * goes on; when reading or writing itself fails, nothing of the import is kept.
 */
import type { Bar } from '@barkeep/bars';
import { BarBuffer } from './bar-buffer.js';
import { CsvBars, type CsvOptions } from './csv-bars.js';
import { filePieces } from './file-chunks.js';
import type { ImportFormat, InputFile } from './input-files.js';
import { LeanBars, LeanPathError, leanFile } from './lean-bars.js';
import type { BarParser, RowSink } from './parsed-row.js';
import { type ImportSummary, RefusalLog } from './summary.js';
import { WallClock } from './wall-time.js';
import { ZipError } from './zip-directory.js';

/** Where the bars go; `BarImporter` of @barkeep/bar-repository is one. */
export interface BarWriter {
  write(symbol: string, bars: readonly Bar[]): Promise<void>;
  finish(): Promise<{ accepted: number; duplicate: number; conflicting: number }>;
  abort(): Promise<void>;
}

export interface ImportPlan {
  dataset: string;
  files: readonly InputFile[];
  format: ImportFormat;
  csv: CsvOptions;
  /** What the user gave on the command line; overrides what a Lean path says. */
  lean: { symbol?: string; zone?: string; priceScale?: number };
  /** Symbol of a CSV file by its path; undefined refuses the file. */
  symbolOf?: (path: string) => string | undefined;
  /** How a path is shown to the user. */
  showPath: (path: string) => string;
  /** Ends the import, with nothing kept, when it is aborted. */
  signal?: AbortSignal;
}

/** @param onProgress is told how many bytes of all files were read so far, and how many bars */
export async function importBars(
  plan: ImportPlan,
  writer: BarWriter,
  onProgress: (bytes: number, bars: number) => void,
): Promise<ImportSummary> {
  const startedAt = performance.now();
  const run = new ImportRun(plan, writer, onProgress);
  try {
    for (const file of plan.files) await run.readFile(file);
    await run.flush();
    plan.signal?.throwIfAborted();
    const stored = await writer.finish();
    return summaryOf(plan, stored, run.refusals, (performance.now() - startedAt) / 1000);
  } catch (error) {
    await writer.abort().catch(() => undefined);
    throw error instanceof WriteError ? error.cause : error;
  }
}

class ImportRun {
  readonly refusals = new RefusalLog();
  readonly #buffer = new BarBuffer();
  readonly #clocks = new Map<string, WallClock>();
  #writing: Promise<void> = Promise.resolve();
  #bytes = 0;
  #bars = 0;

  constructor(
    private readonly plan: ImportPlan,
    private readonly writer: BarWriter,
    private readonly onProgress: (bytes: number, bars: number) => void,
  ) {}

  async readFile(file: InputFile): Promise<void> {
    const shown = this.plan.showPath(file.path);
    const parsers = new Map<string, BarParser | undefined>();
    try {
      for await (const piece of filePieces(file.path, (bytes) => (this.#bytes += bytes))) {
        this.plan.signal?.throwIfAborted();
        const name = piece.entry === '' ? shown : `${shown}!${piece.entry}`;
        if (!parsers.has(piece.entry)) parsers.set(piece.entry, this.#parserFor(file.path, name));
        const parser = parsers.get(piece.entry);
        parser?.push(piece.bytes);
        if (piece.last) parser?.end();
        if (this.#buffer.full) await this.#writeBehind();
      }
    } catch (error) {
      if (error instanceof WriteError) throw error;
      if (!isFileFailure(error)) throw error;
      this.refusals.add(shown, 0, 'unreadable-file', error.message);
    }
    this.onProgress(this.#bytes, this.#bars);
  }

  /** Writes everything that was read. */
  async flush(): Promise<void> {
    await this.#writeBehind();
    await this.#writing;
  }

  /** Starts to write what is buffered once the write before is done, so that PostgreSQL works while we read on. */
  async #writeBehind(): Promise<void> {
    await this.#writing;
    this.#writing = this.#write(this.#buffer.take());
    this.#writing.catch(() => undefined); // the next await of it tells
  }

  async #write(batches: ReadonlyMap<string, Bar[]>): Promise<void> {
    for (const [symbol, bars] of batches) {
      await this.writer.write(symbol, bars).catch((cause: unknown) => {
        throw new WriteError(cause);
      });
      this.#bars += bars.length;
    }
    this.onProgress(this.#bytes, this.#bars);
  }

  #parserFor(path: string, name: string): BarParser | undefined {
    const sink: RowSink = {
      bar: (symbol, bar) => this.#buffer.add(symbol, bar),
      refuse: (line, reason, detail) => this.refusals.add(name, line, reason, detail),
    };
    try {
      return this.plan.format === 'lean' ? this.#leanParser(path, sink) : this.#csvParser(path, sink);
    } catch (error) {
      if (!(error instanceof LeanPathError)) throw error;
      sink.refuse(0, 'unusable-path', error.message);
      return undefined;
    }
  }

  #leanParser(path: string, sink: RowSink): BarParser {
    const file = leanFile(path, this.plan.lean);
    const clock = this.#clocks.get(file.zone) ?? new WallClock(file.zone);
    this.#clocks.set(file.zone, clock);
    return new LeanBars(file, clock, sink);
  }

  #csvParser(path: string, sink: RowSink): BarParser | undefined {
    const { csv, symbolOf } = this.plan;
    if (symbolOf === undefined) return new CsvBars(csv, sink);
    const symbol = symbolOf(path);
    if (symbol !== undefined) return new CsvBars({ ...csv, symbol }, sink);
    sink.refuse(0, 'unusable-path', 'expected a path that --symbol-from-path fits');
    return undefined;
  }
}

/** Tells a failure of the writer, which ends the import, from one of a file, which costs that file. */
class WriteError extends Error {
  constructor(override readonly cause: unknown) {
    super('write failed');
  }
}

/** A damaged zip, or an error of the system or of zlib: these carry a code. Anything else is a defect of ours. */
function isFileFailure(error: unknown): error is Error {
  return error instanceof ZipError || (error instanceof Error && 'code' in error && typeof error.code === 'string');
}

function summaryOf(
  { dataset, files }: ImportPlan,
  stored: { accepted: number; duplicate: number; conflicting: number },
  { rows: refusedRows, files: refusedFiles, reasons, first }: RefusalLog,
  seconds: number,
): ImportSummary {
  const rows = stored.accepted + stored.duplicate + stored.conflicting + refusedRows;
  return {
    dataset,
    files: files.length,
    rows,
    accepted: stored.accepted,
    duplicate: stored.duplicate,
    conflicting: stored.conflicting,
    refused: { rows: refusedRows, files: refusedFiles, reasons, first },
    seconds: Math.round(seconds * 1000) / 1000,
    rowsPerSecond: Math.round(rows / Math.max(seconds, 0.001)),
  };
}
