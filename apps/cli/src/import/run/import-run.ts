/** One import while it runs: reads its files, counts the rows and files that it refuses, and writes the bars. */
import { type Bar, MINUTE_MS } from '@barkeep/bars';
import type { FilePlan } from '../detect/index.js';
import { inputEntries, type InputEntry, type InputFile } from '../files/index.js';
import { BarReader, FilePlanError, type RowSink } from '../reading/index.js';
import { splitterOf } from '../rows/index.js';
import { BufferedWriter } from './bar-writers.js';
import { startOf, symbolsByPath } from './entries.js';
import type { BarWriter, ImportEvents, ImportPlan } from './import-plan.js';
import { fileRefusal, RefusalLog, UnderstoodLog, WarningLog } from './logs.js';
import { OneSymbolFiles, refuseMixedSymbols } from './mixed-symbols.js';
import { PriceWatch } from './price-watch.js';
import { SpacingWatch } from './spacing-watch.js';
import { type Pieces, planByText, splitText, stoppable } from './whole-text.js';

/** A failure of the writer, which ends the import. It hides the code of its cause, by which {@link fileRefusal} would refuse the file. */
export class WriteError extends Error {
  constructor(override readonly cause: unknown) {
    super('write failed');
  }
}

export class ImportRun {
  readonly refused = new RefusalLog();
  readonly understood: UnderstoodLog;
  outsideRows = 0;
  /** Buffered rows whose volume is unknown. */
  unknownVolumes = 0;
  barsWritten = 0;
  /** From the files on disk. */
  #bytesRead = 0;
  readonly #buffer = new BufferedWriter((symbol, bars) => this.#write(symbol, bars));
  readonly #fileWarnings = new WarningLog();
  /** The files that --symbol makes one symbol. */
  readonly #oneSymbolFiles = new OneSymbolFiles();
  readonly #watches: readonly (SpacingWatch | PriceWatch)[];

  /** @param writer undefined for a dry run */
  constructor(
    private readonly plan: ImportPlan,
    private readonly writer: BarWriter | undefined,
    private readonly events: ImportEvents,
  ) {
    this.understood = new UnderstoodLog(events.onUnderstood);
    this.#watches = [new SpacingWatch(plan.read.intervalMs, plan.calendar !== undefined), new PriceWatch()];
  }

  /** Reads all files, and writes their bars. @throws what the writer throws, in a WriteError, and when the user stops the import */
  async readFiles(): Promise<void> {
    for (const file of this.plan.files) await this.#readFile(file);
    await this.#buffer.flush();
    this.plan.signal?.throwIfAborted();
  }

  /** All warnings; complete after `readFiles`, when the watches have seen every bar. */
  get warnings(): string[] {
    const ofWatches = this.#watches.flatMap((watch) => watch.warnings());
    const ofNames = this.#oneSymbolFiles.warnings(this.plan.read.symbol);
    const warnings = [...this.#fileWarnings.all, ...ofNames, ...ofWatches];
    const { rows } = this.refused;
    // A refused row leaves its minute without a bar, which on a complete day means that there was no trade.
    if (this.plan.completeDays !== undefined && rows > 0)
      warnings.push(`--complete: the minutes of the ${rows} refused row(s) count as minutes without a trade`);
    return warnings;
  }

  /** Reads all entries of a file. An entry that cannot be read is refused, and the others are still read. */
  async #readFile(file: InputFile): Promise<void> {
    const shownPath = this.plan.showPath(file.path);
    const bytesBefore = this.#bytesRead;
    try {
      const entries = await inputEntries(file.path);
      const symbols = symbolsByPath(entries, this.plan);
      await refuseMixedSymbols(entries, symbols, this.plan);
      for (const [index, entry] of entries.entries()) {
        this.plan.signal?.throwIfAborted();
        const name = entry.name === undefined ? shownPath : `${shownPath}!${entry.name}`;
        await this.#readEntry(entry, name, symbols[index]).catch((error: unknown) => this.#refuseFile(name, error));
      }
    } catch (error) {
      this.#refuseFile(shownPath, error);
    }
    this.#bytesRead = bytesBefore + file.bytes; // also when the file was refused
    this.events.onProgress(this.#bytesRead, this.barsWritten);
  }

  /** Counts a file as refused. @throws any other error, and when the user stops the import */
  #refuseFile(file: string, error: unknown): void {
    this.plan.signal?.throwIfAborted();
    const refusal = fileRefusal(error);
    if (refusal === undefined) throw error;
    this.refused.add('files', { file, ...refusal });
  }

  /** Checks, plans and reads an entry. Nothing of it is stored before it was checked. @param name as shown to the user */
  async #readEntry(entry: InputEntry, name: string, symbol: string | undefined): Promise<void> {
    const { read, symbolOf, oneSymbol, completeDays, signal } = this.plan;
    if (symbol === undefined && symbolOf !== undefined)
      throw new FilePlanError('unusable-path', 'expected a path that --symbol-from-path fits');
    const tail = await entry.check(signal);
    let startBytes = 0;
    const start = await startOf(entry, symbol, tail, (bytes) => void (startBytes += bytes));
    const text = (onRead?: (bytes: number) => void): Pieces =>
      start.isWhole ? [start.head] : stoppable(entry.pieces(onRead), signal);
    const plan = await planByText(entry, start, this.plan, text);
    if (plan === undefined) return;
    if (read.symbol !== undefined && !oneSymbol) this.#oneSymbolFiles.add(name);
    completeDays?.useZone(plan.reader.zone);
    this.understood.add(name, plan.understood);
    for (const warning of plan.warnings) this.#fileWarnings.add(name, warning);
    const countBytes = (bytes: number): void => void (this.#bytesRead += bytes);
    if (start.isWhole) countBytes(startBytes); // its rows are in the start, and are not read again
    await this.#readRows(plan, name, text(countBytes));
  }

  async #readRows({ reader, delimiter, sampleTimes }: FilePlan, name: string, text: Pieces): Promise<void> {
    const { calendar, oneSymbol } = this.plan;
    const { zone, shiftMs } = reader;
    const outsideBefore = this.outsideRows;
    const rows = new BarReader({ ...reader, anySymbol: oneSymbol }, this.#sink(name, shiftMs));
    await splitText(text, splitterOf(delimiter, rows), () => this.#buffer.writeIfFull());
    const outside = this.outsideRows - outsideBefore;
    if (outside === 0 || calendar === undefined) return;
    const hint = calendar.hint(sampleTimes, zone, shiftMs > 0);
    const why = hint === undefined ? '' : `: ${hint}`;
    this.#fileWarnings.add(name, `${outside} rows are outside of ${calendar.calendar.id} and are not stored${why}`);
  }

  /** Buffers the bars that have a slot, and counts the other rows. */
  #sink(file: string, shiftMs: number): RowSink {
    const { calendar } = this.plan;
    const mayBeShort = shiftMs > MINUTE_MS; // closes: the last bar of a day may have opened less than an interval before
    return {
      bar: (symbol, bar, isVolumeUnknown) => {
        if (mayBeShort && calendar !== undefined) bar.openTime = calendar.openOf(bar.openTime + shiftMs);
        if (calendar !== undefined && !calendar.isInside(bar.openTime)) {
          this.outsideRows++;
          return;
        }
        if (isVolumeUnknown) this.unknownVolumes++;
        this.#buffer.add(symbol, bar);
      },
      refuse: (line, reason, detail) => this.refused.add('rows', { file, line, reason, detail }),
    };
  }

  async #write(symbol: string, bars: readonly Bar[]): Promise<void> {
    for (const watch of this.#watches) watch.add(symbol, bars);
    await this.writer?.write(symbol, bars).catch((cause: unknown) => {
      throw new WriteError(cause);
    });
    this.barsWritten += bars.length;
    this.events.onProgress(this.#bytesRead, this.barsWritten);
  }
}
