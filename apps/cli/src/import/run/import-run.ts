/**
 * One import in progress: reads the entries of file after file, collects bars and writes them while it reads on, and counts
 * refusals. Its caller decides whether the import is kept.
 */
import type { Bar } from '@barkeep/bars';
import { type FilePlan, FilePlanError, type FileStart, planFile } from '../detect/index.js';
import { type InputEntry, inputEntries, type InputFile, isFileError, isLeanName } from '../files/index.js';
import { leanFile, LeanPathError, planLean } from '../lean/index.js';
import { BarReader, type RowSink } from '../reading/index.js';
import { WallClock } from '../times/index.js';
import { BarBuffer } from './bar-buffer.js';
import type { BarWriter, ImportPlan } from './import-plan.js';
import { RefusalLog } from './summary.js';
import { UnderstoodLog } from './understood-log.js';

const HEAD_BYTES = 256 * 1024;

export class ImportRun {
  readonly refusals = new RefusalLog();
  readonly understood: UnderstoodLog;
  readonly warnings: string[] = [];
  outside = 0;
  unknownVolumes = 0;
  readonly #buffer = new BarBuffer();
  readonly #clocks = new Map<string, WallClock>();
  #writing: Promise<void> = Promise.resolve();
  #bytes = 0;
  #bars = 0;

  constructor(
    private readonly plan: ImportPlan,
    private readonly writer: BarWriter,
    private readonly events: ImportEvents,
  ) {
    this.understood = new UnderstoodLog(events.onUnderstood);
  }

  async readFile(file: InputFile): Promise<void> {
    const shown = this.plan.showPath(file.path);
    const bytesBefore = this.#bytes;
    try {
      const entries = await inputEntries(file.path);
      const symbols = this.#symbolsOf(entries);
      for (const [index, entry] of entries.entries()) {
        const name = entry.name === undefined ? shown : `${shown}!${entry.name}`;
        await this.#refusing(name, () => this.#readEntry(entry, name, symbols[index]));
      }
    } catch (error) {
      this.#refuseFile(shown, error);
    }
    this.#bytes = bytesBefore + file.bytes;
    this.events.onProgress(this.#bytes, this.#bars);
  }

  /** Writes everything that was read. */
  async flush(): Promise<void> {
    await this.#writeBehind();
    await this.#writing;
  }

  async #refusing(name: string, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      this.#refuseFile(name, error);
    }
  }

  #refuseFile(name: string, error: unknown): void {
    if (error instanceof FilePlanError) this.refusals.add(name, error.line, error.reason, error.message);
    else if (error instanceof LeanPathError) this.refusals.add(name, 0, 'unusable-path', error.message);
    else if (!(error instanceof WriteError) && isFileError(error))
      this.refusals.add(name, 0, 'unreadable-file', error.message);
    else throw error;
  }

  async #readEntry(entry: InputEntry, name: string, symbol: string | undefined): Promise<void> {
    const tail = await entry.check();
    const pieces = entry.pieces((bytes) => (this.#bytes += bytes));
    try {
      await this.#readPieces(entry, name, symbol, tail, pieces);
    } finally {
      await pieces.return(undefined);
    }
  }

  async #readPieces(
    entry: InputEntry,
    name: string,
    symbol: string | undefined,
    tail: Uint8Array,
    pieces: AsyncGenerator<Uint8Array, void>,
  ): Promise<void> {
    const parts: Uint8Array[] = [];
    let [length, ended] = [0, false];
    while (length < HEAD_BYTES && !ended) {
      const next = await pieces.next();
      if (next.done === true) ended = true;
      else {
        parts.push(next.value);
        length += next.value.length;
      }
    }
    const head = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const plan = this.#planOf(entry, {
      head,
      tail,
      isWhole: ended,
      fileName: fileNameOf(entry),
      ...(symbol !== undefined && { symbol }),
    });
    if (plan === undefined) return;
    this.understood.add(name, plan.understood);
    for (const warning of plan.warnings) this.#warn(name, warning);
    await this.#readRows(plan, name, head, ended ? undefined : pieces);
  }

  async #readRows(
    plan: FilePlan,
    name: string,
    head: Uint8Array,
    rest: AsyncGenerator<Uint8Array> | undefined,
  ): Promise<void> {
    const outsideBefore = this.outside;
    const reader = new BarReader(plan.reader, this.#sink(name));
    const splitter = plan.splitter(reader);
    splitter.push(head);
    if (this.#buffer.full) await this.#writeBehind();
    for await (const piece of rest ?? []) {
      this.plan.signal?.throwIfAborted();
      splitter.push(piece);
      if (this.#buffer.full) await this.#writeBehind();
    }
    splitter.end();
    this.unknownVolumes += reader.unknownVolumes;
    if (this.outside > outsideBefore) this.#warnOutside(plan, name, this.outside - outsideBefore);
  }

  #sink(name: string): RowSink {
    const { calendar } = this.plan;
    const refuse: RowSink['refuse'] = (line, reason, detail) => this.refusals.add(name, line, reason, detail);
    if (calendar === undefined) return { bar: (symbol, bar) => this.#buffer.add(symbol, bar), refuse };
    return {
      bar: (symbol, bar) => {
        if (calendar.isInside(bar.openTime)) this.#buffer.add(symbol, bar);
        else this.outside++;
      },
      refuse,
    };
  }

  #warnOutside(plan: FilePlan, name: string, rows: number): void {
    const { calendar } = this.plan;
    if (calendar === undefined) return;
    const hint = calendar.hint(plan.sampleTimes, plan.reader.zone);
    const { id } = calendar.calendar;
    this.#warn(name, `${rows} rows are outside of ${id} and are not stored${hint === undefined ? '' : `: ${hint}`}`);
  }

  #warn(name: string, warning: string): void {
    if (this.warnings.length < 20) this.warnings.push(`${name}: ${warning}`);
  }

  #planOf(entry: InputEntry, start: FileStart): FilePlan | undefined {
    const { read } = this.plan;
    const isLean =
      read.format === 'lean' ||
      (read.format === undefined && isLeanName(entry.file) && entry.file.includes('/minute/'));
    if (!isLean) return planFile(start, read);
    const symbol = start.symbol ?? read.symbol;
    const { zone, priceScale } = read;
    const file = leanFile(entry.file, entry.name, {
      ...(symbol !== undefined && { symbol }),
      ...(zone !== undefined && { zone }),
      ...(priceScale !== undefined && { priceScale }),
    });
    const clock = this.#clocks.get(file.zone) ?? new WallClock(file.zone);
    this.#clocks.set(file.zone, clock);
    return planLean(file, clock, read, start.head);
  }

  /** The symbol of each entry by --symbol-from-path. @throws FilePlanError when files of one zip would become one symbol */
  #symbolsOf(entries: readonly InputEntry[]): (string | undefined)[] {
    const { symbolOf, read, oneSymbol } = this.plan;
    const own = entries.map(({ file, name }) => (name === undefined ? undefined : symbolOf?.(`${file}/${name}`)));
    const ofFile = read.symbol ?? symbolOf?.(entries[0]?.file ?? '');
    const shared = own.filter((symbol) => symbol === undefined).length;
    if (shared > 1 && ofFile !== undefined && !oneSymbol) {
      const names = entries.slice(0, 3).map(({ name }) => name);
      const detail = `${entries.length} files of the zip (${names.join(', ')}${entries.length > 3 ? ', …' : ''}) would become the symbol ${ofFile}`;
      throw new FilePlanError(
        'mixed-symbols',
        `${detail}: give --symbol-from-path with their names, or --one-symbol`,
        0,
      );
    }
    const symbols = own.map((symbol) => symbol ?? ofFile);
    if (symbolOf !== undefined && symbols.includes(undefined)) {
      throw new FilePlanError('unusable-path', 'expected a path that --symbol-from-path fits', 0);
    }
    return symbolOf === undefined ? entries.map(() => undefined) : symbols;
  }

  /** Starts to write the buffered bars when the previous write is done, so that PostgreSQL works while the import reads on. */
  async #writeBehind(): Promise<void> {
    await this.#writing;
    this.#writing = this.#write(this.#buffer.take());
    this.#writing.catch(() => undefined); // the next await reports it
  }

  async #write(batches: ReadonlyMap<string, Bar[]>): Promise<void> {
    for (const [symbol, bars] of batches) {
      await this.writer.write(symbol, bars).catch((cause: unknown) => {
        throw new WriteError(cause);
      });
      this.#bars += bars.length;
    }
    this.events.onProgress(this.#bytes, this.#bars);
  }
}

export interface ImportEvents {
  /** @param bytes of all files read so far @param bars written so far */
  onProgress: (bytes: number, bars: number) => void;
  /** Called once for files that are read alike, before any of their rows is stored. */
  onUnderstood?: UnderstoodLog['onFirst'];
}

/** A failure of the writer, which ends the import. A failure of a file costs only that file. */
export class WriteError extends Error {
  constructor(override readonly cause: unknown) {
    super('write failed');
  }
}

function fileNameOf({ file, name }: InputEntry): string {
  const path = name ?? file;
  return path.slice(path.lastIndexOf('/') + 1);
}
