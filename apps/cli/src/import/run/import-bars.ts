/**
 * Runs an import: reads files, writes bars, returns a summary. The import counts rows and files that it refuses, and
 * continues. When writing fails or the user stops the import, the writer's `abort` removes what was written.
 */
import type { BarWriter, ImportEvents, ImportPlan } from './import-plan.js';
import { ImportRun, WriteError } from './import-run.js';
import type { ImportSummary } from './summary.js';

/** Imports all files of a plan. @param writer stores the bars; undefined for a dry run, which stores none @throws when writing fails or the user stops the import */
export async function importBars(
  plan: ImportPlan,
  writer: BarWriter | undefined,
  events: ImportEvents,
): Promise<ImportSummary> {
  const startedAt = performance.now();
  const run = new ImportRun(plan, writer, events);
  try {
    await run.readFiles();
    // A dry run does not know which bars are stored already: it counts all as accepted.
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
    // A WriteError tells a failure to write from one to read a file. The caller gets the failure itself.
    throw error instanceof WriteError ? error.cause : error;
  }
}
