/**
 * Runs an import: reads files, writes bars, returns a summary. The import counts rows and files that it refuses, and
 * continues. When writing fails or the user stops the import, the writer's `abort` removes what was written.
 */
import { type Bar, MINUTE_MS } from '@barkeep/bars';
import { type ChosenVolume, type FilePlan, isJson } from '../detect/index.js';
import { inputEntries, type InputEntry, type InputFile, isFileError } from '../files/index.js';
import { BarReader, FilePlanError, type RowSink } from '../reading/index.js';
import { splitterOf } from '../rows/index.js';
import { BufferedWriter } from './bar-writers.js';
import { checkWhole, entryPlan, startOf, symbolsByPath } from './entries.js';
import type { BarWriter, ImportPlan } from './import-plan.js';
import { RefusalLog, UnderstoodLog, WarningLog } from './logs.js';
import { OneSymbolFiles, refuseLateNames, refuseMixedSymbols } from './mixed-symbols.js';
import { PriceWatch } from './price-watch.js';
import { SpacingWatch } from './spacing-watch.js';
import type { ImportSummary } from './summary.js';

/** A text in pieces. */
type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The state of one import: its counts, its warnings, and the bars that wait to be written. */
class ImportRun {
  readonly refused = new RefusalLog();
  readonly understood: UnderstoodLog;
  readonly #fileWarnings = new WarningLog();
  /** The files that --symbol makes one symbol. */
  readonly #oneSymbolFiles = new OneSymbolFiles();
  readonly #watches: readonly (SpacingWatch | PriceWatch)[];
  readonly buffer = new BufferedWriter((symbol, bars) => this.#write(symbol, bars));
  outsideRows = 0;
  /** Buffered rows whose volume is unknown. */
  unknownVolumes = 0;
  barsWritten = 0;
  /** From the files on disk. */
  #bytesRead = 0;

  /** @param writer undefined for a dry run */
  constructor(
    private readonly plan: ImportPlan,
    private readonly writer: BarWriter | undefined,
    private readonly events: ImportEvents,
  ) {
    this.understood = new UnderstoodLog(events.onUnderstood);
    this.#watches = [new SpacingWatch(plan.read.intervalMs), new PriceWatch()];
  }

  /** Reads all entries of a file. A failed entry costs only itself. @throws when writing fails or the user stops */
  async readFile(file: InputFile): Promise<void> {
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
    this.#bytesRead = bytesBefore + file.bytes; // all of it counts, even if only a part was read
    this.events.onProgress(this.#bytesRead, this.barsWritten);
  }

  /** All warnings; complete after `buffer.flush`, when the watches have seen every bar. */
  get warnings(): string[] {
    const ofWatches = this.#watches.flatMap((watch) => watch.warnings());
    const ofNames = this.#oneSymbolFiles.warnings(this.plan.read.symbol);
    return [...this.#fileWarnings.all, ...ofNames, ...ofWatches, ...this.#completeWarnings()];
  }

  /** A refused row leaves its minute without a bar, which on a complete day means that there was no trade. */
  #completeWarnings(): string[] {
    const { rows } = this.refused;
    if (this.plan.completeDays === undefined || rows === 0) return [];
    return [`--complete: the minutes of the ${rows} refused row(s) count as minutes without a trade`];
  }

  /** Counts a file as refused. @throws any other error, and when the user stops the import */
  #refuseFile(name: string, error: unknown): void {
    this.plan.signal?.throwIfAborted();
    if (error instanceof FilePlanError) {
      const { line, reason, message: detail } = error;
      this.refused.addFile({ file: name, line, reason, detail });
    } else if (!(error instanceof WriteError) && isFileError(error)) {
      this.refused.addFile({ file: name, line: 0, reason: 'unreadable-file', detail: error.message });
    } else throw error;
  }

  /** Checks, plans and reads an entry. Nothing of it is stored before it was checked. @param name as shown to the user */
  async #readEntry(entry: InputEntry, name: string, symbol: string | undefined): Promise<void> {
    const { read, symbolOf } = this.plan;
    if (symbol === undefined && symbolOf !== undefined)
      throw new FilePlanError('unusable-path', 'expected a path that --symbol-from-path fits');
    const tail = await entry.check(this.plan.signal);
    const { start, rest } = await startOf(entry, symbol, tail, (bytes) => (this.#bytesRead += bytes));
    try {
      // The text from its first byte on, also when it was read before.
      const wholeText = (): Pieces => (start.isWhole ? [start.head] : stoppable(entry.pieces(), this.plan.signal));
      const lateNames = isJson(start.head) ? await checkWhole(wholeText()) : new Set<string>();
      const samplePlan = entryPlan(entry, start, read);
      if (samplePlan === undefined) return;
      if (samplePlan.reader.symbol !== undefined && !this.plan.oneSymbol) refuseLateNames(lateNames);
      // The choice between several volume columns needs all rows; the entry is then planned again with the chosen column.
      const volume = await volumeOf(samplePlan, wholeText);
      const plan = volume === undefined ? samplePlan : (entryPlan(entry, { ...start, volume }, read) ?? samplePlan);
      if (read.symbol !== undefined && !this.plan.oneSymbol) this.#oneSymbolFiles.add(name);
      this.plan.completeDays?.useZone(plan.reader.zone);
      this.understood.add(name, plan.understood);
      for (const warning of plan.warnings) this.#fileWarnings.add(name, warning);
      await this.#readRows(plan, name, start.head, rest);
    } finally {
      await rest.return(undefined);
    }
  }

  async #readRows(plan: FilePlan, name: string, head: Uint8Array, rest: AsyncIterable<Uint8Array>): Promise<void> {
    const outsideBefore = this.outsideRows;
    const reader = new BarReader(
      { ...plan.reader, anySymbol: this.plan.oneSymbol },
      this.#sink(name, plan.reader.shiftMs),
    );
    const splitter = splitterOf(plan.delimiter, reader);
    splitter.push(head);
    await this.buffer.writeIfFull();
    for await (const piece of rest) {
      this.plan.signal?.throwIfAborted();
      splitter.push(piece);
      await this.buffer.writeIfFull();
    }
    splitter.end();
    if (this.outsideRows > outsideBefore) this.#warnOutside(plan, name, this.outsideRows - outsideBefore);
  }

  /** Buffers the bars that have a slot, and counts the other rows. */
  #sink(name: string, shiftMs: number): RowSink {
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
        this.buffer.add(symbol, bar);
      },
      refuse: (line, reason, detail) => this.refused.addRow({ file: name, line, reason, detail }),
    };
  }

  #warnOutside(plan: FilePlan, name: string, rows: number): void {
    const { calendar } = this.plan;
    if (calendar === undefined) return;
    const { zone, shiftMs } = plan.reader;
    const hint = calendar.hint(plan.sampleTimes, zone, shiftMs > 0);
    const why = hint === undefined ? '' : `: ${hint}`;
    this.#fileWarnings.add(name, `${rows} rows are outside of ${calendar.calendar.id} and are not stored${why}`);
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

interface ImportEvents {
  /** @param bytes of all files read so far @param bars written so far */
  onProgress: (bytes: number, bars: number) => void;
  /** Called once for files that are read alike, before any of their rows is stored. */
  onUnderstood?: UnderstoodLog['onFirst'];
}

/** A failure of the writer, which ends the import. A failure of a file costs only that file. */
class WriteError extends Error {
  constructor(override readonly cause: unknown) {
    super('write failed');
  }
}

/** The pieces, until the user stops the import. @throws the reason of `signal` */
async function* stoppable(
  pieces: AsyncGenerator<Uint8Array, void>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    yield piece;
  }
}

/** Reads the whole file to choose between its volume columns; undefined for a file that has at most one. */
async function volumeOf({ volumeChoice, delimiter }: FilePlan, text: () => Pieces): Promise<ChosenVolume | undefined> {
  const choice = volumeChoice?.();
  if (choice === undefined) return undefined;
  const rows = splitterOf(delimiter, choice);
  for await (const piece of text()) rows.push(piece);
  rows.end();
  return choice.chosen;
}

/** Imports all files of a plan. @param writer undefined for a dry run @throws when writing fails or the user stops the import */
export async function importBars(
  plan: ImportPlan,
  writer: BarWriter | undefined,
  events: ImportEvents,
): Promise<ImportSummary> {
  const startedAt = performance.now();
  const run = new ImportRun(plan, writer, events);
  try {
    for (const file of plan.files) await run.readFile(file);
    await run.buffer.flush();
    plan.signal?.throwIfAborted();
    const dryCounts = { accepted: run.barsWritten, duplicate: 0, conflicting: 0 };
    const { accepted, duplicate, conflicting } = (await writer?.finish()) ?? dryCounts;
    const rows = accepted + duplicate + conflicting + run.refused.rows + run.outsideRows;
    const seconds = (performance.now() - startedAt) / 1000;
    return {
      dataset: plan.dataset,
      files: plan.files.length,
      rows,
      accepted,
      duplicate,
      conflicting,
      refused: run.refused,
      outside: run.outsideRows,
      unknownVolumes: run.unknownVolumes,
      understood: run.understood.all,
      warnings: run.warnings,
      dryRun: writer === undefined,
      seconds: Math.round(seconds * 1000) / 1000,
      rowsPerSecond: Math.round(rows / Math.max(seconds, 0.001)),
    };
  } catch (error) {
    await writer?.abort?.().catch(() => undefined); // the first error is the one that matters
    throw error instanceof WriteError ? error.cause : error;
  }
}
