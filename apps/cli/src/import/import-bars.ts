/**
 * Runs an import: files in, bars to a writer, a summary out. A row or a file that is wrong is counted and the import
 * goes on; when reading or writing itself fails, nothing of the import is kept.
 */
import type { BarWriter, ImportPlan } from './import-plan.js';
import { ImportRun, WriteError } from './import-run.js';
import type { ImportSummary, RefusalLog } from './summary.js';

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
