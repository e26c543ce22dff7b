/**
 * Runs an import: reads files, writes bars, returns a summary. Wrong rows and files are counted and the import continues;
 * when reading or writing itself fails, nothing of the import is kept.
 */
import type { BarWriter, ImportPlan, StoredRows } from './import-plan.js';
import { type ImportEvents, ImportRun, WriteError } from './import-run.js';
import type { ImportSummary } from './summary.js';

/** @param writer undefined for a dry run, which stores nothing */
export async function importBars(
  plan: ImportPlan,
  writer: BarWriter | undefined,
  events: ImportEvents,
): Promise<ImportSummary> {
  const startedAt = performance.now();
  const to = writer ?? new CountingWriter();
  const run = new ImportRun(plan, to, events);
  try {
    for (const file of plan.files) await run.readFile(file);
    await run.flush();
    plan.signal?.throwIfAborted();
    const stored = await to.finish();
    return summaryOf(plan, stored, run, writer === undefined, (performance.now() - startedAt) / 1000);
  } catch (error) {
    await to.abort().catch(() => undefined);
    throw error instanceof WriteError ? error.cause : error;
  }
}

/** Counts bars instead of storing them. */
class CountingWriter implements BarWriter {
  #bars = 0;

  write(_symbol: string, bars: readonly unknown[]): Promise<void> {
    this.#bars += bars.length;
    return Promise.resolve();
  }

  finish(): Promise<StoredRows> {
    return Promise.resolve({ accepted: this.#bars, duplicate: 0, conflicting: 0 });
  }

  abort(): Promise<void> {
    return Promise.resolve();
  }
}

function summaryOf(
  { dataset, files }: ImportPlan,
  { accepted, duplicate, conflicting }: StoredRows,
  { refusals, outside, unknownVolumes, understood, warnings }: ImportRun,
  dryRun: boolean,
  seconds: number,
): ImportSummary {
  const rows = accepted + duplicate + conflicting + refusals.rows + outside;
  return {
    dataset,
    files: files.length,
    rows,
    accepted,
    duplicate,
    conflicting,
    refused: { rows: refusals.rows, files: refusals.files, reasons: refusals.reasons, first: refusals.first },
    outside,
    unknownVolumes,
    understood: understood.all,
    warnings,
    dryRun,
    seconds: Math.round(seconds * 1000) / 1000,
    rowsPerSecond: Math.round(rows / Math.max(seconds, 0.001)),
  };
}
