/** `barkeep import`: bars from files into a dataset. */
import { BarImporter } from '@barkeep/bar-repository';
import { Command } from 'commander';
import { count, EXIT, printResult, startProgress } from '../terminal/index.js';
import { importBars, type ImportSummary, inputFiles, summaryText } from '../import/index.js';
import type { Context } from '../services/index.js';
import { completeDates, datasetName, type ImportOptions, planOf, withFiles } from './import-options.js';
import type { RunCommand } from './run-command.js';

const EXAMPLES = `
FILE is a file, a folder (searched to any depth) or a pattern; .gz and .zip are unpacked.
CSV columns are found by their names in the first row; times without an offset are in --tz.
Lean files say symbol, date, market and price scale by their path.
A row that is wrong is counted and shown with its line; the good rows are stored. A row that is there
already is a duplicate; one with other values is conflicting, and what was stored stays.

Examples:
  barkeep import data/lean --dataset lean --format lean
  barkeep import spy.csv --dataset vendor --format csv --symbol SPY --tz America/New_York
  barkeep import 'dump/**/*.csv.gz' --dataset vendor --format csv --symbol-from-path '{symbol}.csv.gz'
  barkeep import x.txt --dataset v --format csv --symbol ES --delimiter ';' --columns time=ts,open=o,high=h,low=l,close=c,volume=v

Exit code: 0 stored, 1 nothing could be stored, 2 a row or file was refused, or conflicting, under --strict.`;

export function importCommand(run: RunCommand): Command {
  return withFiles(new Command('import'))
    .description('store bars from CSV or Lean files in a dataset')
    .requiredOption('--dataset <name>', 'dataset to store them in; made when it is new', datasetName)
    .option('--complete', 'declare the days of these files complete: a minute without a bar had no trade')
    .option('--strict', 'exit with code 2 when anything was refused')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', EXAMPLES)
    .action((names: string[], options: ImportOptions) =>
      run(async (context) => finish(await runImport(context, names, options), options)),
    );
}

async function runImport(context: Context, names: string[], options: ImportOptions): Promise<ImportSummary> {
  const settings = planOf(context, options.dataset, options); // wrong options are told before wrong files
  const files = await inputFiles(names, options.format);
  const plan = { ...settings, files };
  const complete = options.complete ? completeDates(plan) : undefined;
  const database = await context.database();
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const progress = startProgress(`import ${options.dataset}`, options.json);
  const writer = await BarImporter.open(database, options.dataset, { complete });
  try {
    return await importBars(plan, writer, (bytes, bars) =>
      progress.update(bytes / Math.max(totalBytes, 1), `${count(bars)} bars`),
    );
  } finally {
    progress.stop();
  }
}

function finish(summary: ImportSummary, options: ImportOptions): number {
  printResult(options, summary, () => summaryText(summary));
  const { refused, conflicting, accepted, duplicate } = summary;
  const faulty = refused.rows + refused.files + conflicting > 0;
  if (options.strict && faulty) return EXIT.refused;
  return faulty && accepted + duplicate === 0 ? EXIT.failed : EXIT.ok;
}
