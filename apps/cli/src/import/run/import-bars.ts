/**
 * Runs an import: reads files, writes bars, returns a summary. Wrong rows and files are counted and the import continues;
 * when reading or writing itself fails, nothing of the import is kept.
 */
import type { BarWriter, ImportPlan } from './import-plan.js';
import { type ImportEvents, ImportRun, WriteError } from './import-run.js';
import type { ImportSummary } from './summary.js';

/** @param writer undefined for a dry run, which stores nothing */
export async function importBars(
  plan: ImportPlan,
  writer: BarWriter | undefined,
  events: ImportEvents,
): Promise<ImportSummary> {
  const startedAt = performance.now();
  const run = new ImportRun(plan, writer, events);
  try {
    for (const file of plan.files) await run.readFile(file);
    await run.flush();
    plan.signal?.throwIfAborted();
    const stored = (await writer?.finish()) ?? { accepted: run.bars, duplicate: 0, conflicting: 0 };
    const { accepted, duplicate, conflicting } = stored;
    const rows = accepted + duplicate + conflicting + run.refused.rows + run.outside;
    const seconds = (performance.now() - startedAt) / 1000;
    return {
      dataset: plan.dataset,
      files: plan.files.length,
      rows,
      accepted,
      duplicate,
      conflicting,
      refused: run.refused,
      outside: run.outside,
      unknownVolumes: run.unknownVolumes,
      understood: run.understood.all,
      warnings: run.warnings,
      dryRun: writer === undefined,
      seconds: Math.round(seconds * 1000) / 1000,
      rowsPerSecond: Math.round(rows / Math.max(seconds, 0.001)),
    };
  } catch (error) {
    await writer?.abort?.().catch(() => undefined);
    throw error instanceof WriteError ? error.cause : error;
  }
}
