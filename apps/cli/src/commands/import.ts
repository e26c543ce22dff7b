/** `barkeep import`: stores bars from files in a dataset. */
import { BarImporter, datasetExtent, resolveDataset, storedSpacings } from '@barkeep/bar-repository';
import {
  type BarWriter,
  CompleteDays,
  importBars,
  type ImportPlan,
  type ImportSummary,
  inputFiles,
  LateWriter,
  spacingText,
  summaryText,
  understoodText,
} from '../import/index.js';
import type { Context, Database } from '../services/index.js';
import {
  CliError,
  EXIT,
  note,
  type OutputOptions,
  printResult,
  type Progress,
  withProgress,
} from '../terminal/index.js';
import { CliCommand } from './command.js';
import { formatsTable, listedFormats } from './listed-formats.js';
import { datasetName, type FileOptions, fileProgress, planOf, withFiles } from './import-options.js';

interface ImportOptions extends FileOptions, OutputOptions {
  dataset: string;
  complete?: boolean;
  strict?: boolean;
  dryRun?: boolean;
}

const EXAMPLES = `
FILE is a file, a folder (searched to any depth) or a glob pattern. Whether a file is read as gzip, zstd, zip or UTF-16
depends on its first bytes, not on its name. The format of a file is recognised, or named by --format; columns are found
by their names. The command shows what it understood before it stores anything; with --dry-run it stores nothing.
A wrong row is counted and shown with its line; the good rows are stored. A row that is stored already is a duplicate. A
row with other values for the same time is conflicting, and the stored row stays.

Examples:
  barkeep import data/lean --dataset lean --format lean
  barkeep import spy.csv --dataset vendor --symbol SPY --tz America/New_York --calendar XNYS
  barkeep import 'dump/**/*.csv.gz' --dataset vendor --symbol-from-path '{symbol}.csv.gz' --dry-run
  barkeep import x.txt --dataset v --symbol ES --times close --columns time=ts,open=o,high=h,low=l,close=c,volume=v
  barkeep import --list-formats

Exit code: 0 on success, 1 when no row could be stored, 2 when --strict finds a refused row or file or a conflicting row.`;

export const importCommand = () =>
  withFiles(new CliCommand('import', 'store bars from files in a dataset', EXAMPLES))
    .requiredOption('--dataset <name>', 'dataset to store the bars in; created when it is new', datasetName)
    .option('--list-formats', 'print the known formats with an example, and do nothing else')
    .on('option:list-formats', () => {
      // Ends here, before Commander reports that --dataset and the files are missing.
      const json = process.argv.includes('--json');
      printResult({ json }, listedFormats(), formatsTable);
      process.exit(EXIT.ok);
    })
    .option('--dry-run', 'read everything and show what would be stored, but store nothing')
    .option('--complete', 'declare the days of these files complete: a minute without a bar had no trade')
    .option('--strict', 'exit with code 2 when a row or file was refused, or a row is conflicting')
    .option('--json', 'print the summary as JSON')
    .work(async (context, names: string[], options: ImportOptions) =>
      finish(await runImport(context, names, options), options),
    );

async function runImport(context: Context, names: string[], options: ImportOptions): Promise<ImportSummary> {
  const plan = await importPlan(context, names, options);
  if (options.dryRun) return readAll(plan, undefined, options);
  const database = await context.database();
  plan.read.symbolNames.know(await symbolsIn(database, options));
  return readAll(plan, (onWait) => openImporter(database, plan, options, onWait), options);
}

async function importPlan(context: Context, names: string[], options: ImportOptions): Promise<ImportPlan> {
  const settings = await planOf(context, options.dataset, options); // report wrong options before wrong files
  const completeDays = options.complete ? new CompleteDays(settings.calendar) : undefined;
  const files = await inputFiles(names, options.format === 'lean');
  return { ...settings, files, completeDays };
}

/** Opens the writer of the bars. @param onWait called when another import into the dataset keeps it waiting */
async function openImporter(database: Database, plan: ImportPlan, options: ImportOptions, onWait: () => void) {
  const { dataset, read, calendar, completeDays, signal } = plan;
  // The hours for which --complete declares days: in regular hours a calendar leaves out the rows of extended hours.
  const hours = calendar?.calendar.hasExtendedHours ? options.hours : 'extended';
  const values = { prices: read.prices, withoutVolume: !read.hasVolume, complete: completeDays?.dateOf, hours };
  const importer = await BarImporter.open(database, dataset, { ...values, signal, onWait });
  try {
    // The second check, now that no other import can write. Since the first one, another import may have stored bars of another
    // interval, or new symbols.
    const clash = read.symbolNames.know(await symbolsIn(database, options));
    if (clash === undefined) return importer;
    const [ours, theirs] = clash;
    throw new CliError(
      `dataset ${dataset} got the symbol "${theirs}" from another import meanwhile, which differs only in case from "${ours}": import again`,
    );
  } catch (error) {
    await importer.abort();
    throw error;
  }
}

/** The symbols of the dataset, none when it is new. @throws CliError when it has bars of another interval */
async function symbolsIn(database: Database, { dataset, interval }: ImportOptions): Promise<string[]> {
  const id = await resolveDataset(database, dataset);
  if (id === undefined) return [];
  const extents = await datasetExtent(database, id);
  const ids = extents.map((extent) => extent.id);
  const stored = await storedSpacings(database, id, ids);
  if (stored.length > 0 && !stored.includes(interval)) {
    const [expected, was] = [spacingText(Math.min(...stored)), spacingText(interval)];
    throw new CliError(`dataset ${dataset} has ${expected} bars: import ${was} bars into another dataset`);
  }
  return extents.map(({ symbol }) => symbol);
}

type OpenWriter = (onWait: () => void) => Promise<Required<BarWriter>>;

/** Reads all files and stores their bars. @param open see {@link openImporter}; undefined for a dry run */
async function readAll(plan: ImportPlan, open: OpenWriter | undefined, options: ImportOptions) {
  const read = async (progress: Progress): Promise<ImportSummary> => {
    const noteBeside = (text: string): void => {
      progress.pause();
      note(text);
    };
    const onWait = (): void => noteBeside(`waiting for another import into dataset ${plan.dataset}`);
    return importBars(plan, open && new LateWriter(() => open(onWait)), {
      onProgress: fileProgress(plan.files, progress),
      onUnderstood: (understood) => {
        if (!options.json) noteBeside(understoodText(understood));
      },
    });
  };
  return withProgress(`import ${options.dataset}`, options.json, read, () => 'nothing of this import was kept');
}

/** Prints the summary. @returns the exit code */
function finish(summary: ImportSummary, options: ImportOptions): number {
  printResult(options, summary, () => summaryText(summary));
  const { refused, conflicting, accepted, duplicate, outside } = summary;
  const hasFaults = refused.rows + refused.files + conflicting > 0;
  if (options.strict && hasFaults) return EXIT.refused;
  const hasStored = accepted + duplicate > 0;
  return (hasFaults || outside > 0) && !hasStored ? EXIT.failed : EXIT.ok;
}
