/**
 * One import under way: reads file after file, gathers bars, hands them to the writer behind the reading, and counts what
 * is refused. Whether the import is kept is its caller's decision.
 */
import type { Bar } from '@barkeep/bars';
import { BarBuffer } from './bar-buffer.js';
import { CsvBars } from './csv-bars.js';
import { filePieces } from './file-chunks.js';
import type { BarWriter, ImportPlan } from './import-plan.js';
import type { InputFile } from './input-files.js';
import { LeanBars, LeanPathError, leanFile } from './lean-bars.js';
import type { BarParser, RowSink } from './parsed-row.js';
import { RefusalLog } from './summary.js';
import { WallClock } from './wall-time.js';
import { ZipError } from './zip-directory.js';

export class ImportRun {
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
export class WriteError extends Error {
  constructor(override readonly cause: unknown) {
    super('write failed');
  }
}

/** A damaged zip, or an error of the system or of zlib: these carry a code. Anything else is a defect of ours. */
function isFileFailure(error: unknown): error is Error {
  return error instanceof ZipError || (error instanceof Error && 'code' in error && typeof error.code === 'string');
}
