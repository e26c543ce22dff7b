/** `barkeep import`: bars from files into a dataset. */
import { BarImporter } from '@barkeep/bar-repository';
import { Command, Option } from 'commander';
import { relative } from 'node:path';
import { DateTime } from 'luxon';
import { CliError, EXIT } from '../cli-error.js';
import { CSV_DEFAULTS, type CsvOptions } from '../import/csv-bars.js';
import { ColumnsError, parseColumnsOption } from '../import/csv-columns.js';
import { importBars, type ImportPlan } from '../import/import-bars.js';
import { type ImportFormat, type InputFile, inputFiles, symbolFromPath } from '../import/input-files.js';
import { leanFile, LeanPathError } from '../import/lean-bars.js';
import { SYMBOL_PATTERN } from '../import/parsed-row.js';
import { summaryText } from '../import/summary-text.js';
import type { ImportSummary } from '../import/summary.js';
import { WallClock } from '../import/wall-time.js';
import { count, type OutputOptions, printResult } from '../output.js';
import { startProgress } from '../progress.js';
import type { Context } from '../services/context.js';
import type { RunCommand } from './run-command.js';

interface ImportOptions extends OutputOptions {
  dataset: string;
  format: ImportFormat;
  symbol?: string;
  symbolFromPath?: string;
  tz?: string;
  columns?: string;
  priceScale?: number;
  timeFormat: string;
  delimiter: string;
  header: boolean;
  complete?: boolean;
  strict?: boolean;
}

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
  return new Command('import')
    .description('store bars from CSV or Lean files in a dataset')
    .argument('<file...>', 'files, folders or patterns')
    .requiredOption('--dataset <name>', 'dataset to store them in; made when it is new', datasetName)
    .addOption(new Option('--format <format>', 'what the files are').choices(['csv', 'lean']).default('csv'))
    .option('--symbol <symbol>', 'symbol of every row', symbolName)
    .option('--symbol-from-path <pattern>', "where the path has the symbol, e.g. '{symbol}_1m.csv'")
    .option('--tz <zone>', 'IANA zone of times without an offset (csv: UTC; lean: that of the market)')
    .option('--columns <map>', 'which column is what: time=ts,open=o,… by name, or by number from 1 with --no-header')
    .option('--price-scale <n>', 'divide prices by this (csv: 1; lean equity: 10000)', positiveNumber)
    .option('--time-format <format>', 'auto, iso, s, ms, us, ns or a pattern such as "MM/dd/yyyy HH:mm"', 'auto')
    .option('--delimiter <char>', 'what separates columns; "tab" for a tab', oneCharacter, ',')
    .option('--no-header', 'the first row is data: time, [symbol,] open, high, low, close, volume')
    .option('--complete', 'declare the days of these files complete: a minute without a bar had no trade')
    .option('--strict', 'exit with code 2 when anything was refused')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', EXAMPLES)
    .action((names: string[], options: ImportOptions) =>
      run(async (context) => finish(await runImport(context, names, options), options)),
    );
}

async function runImport(context: Context, names: string[], options: ImportOptions): Promise<ImportSummary> {
  const settings = planOf(context, options); // wrong options are told before wrong files
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

function planOf(context: Context, options: ImportOptions): Omit<ImportPlan, 'files'> {
  const { symbol, tz: zone, priceScale, timeFormat, delimiter, header } = options;
  if (zone !== undefined) new WallClock(zone);
  const columns = parseColumns(options.columns);
  const csv: CsvOptions = { ...CSV_DEFAULTS, columns, timeFormat, delimiter, header, symbol };
  if (zone !== undefined) csv.zone = zone;
  if (priceScale !== undefined) csv.priceScale = priceScale;
  return {
    dataset: options.dataset,
    format: options.format,
    csv,
    lean: { symbol, zone, priceScale },
    symbolOf: options.symbolFromPath === undefined ? undefined : symbolFromPath(options.symbolFromPath),
    showPath: (path) => shorter(relative(context.cwd, path), path),
    signal: context.life.signal,
  };
}

function parseColumns(text: string | undefined): CsvOptions['columns'] {
  try {
    return text === undefined ? CSV_DEFAULTS.columns : parseColumnsOption(text);
  } catch (error) {
    if (error instanceof ColumnsError) throw new CliError(`--columns: ${error.message}`);
    throw error;
  }
}

/** The trading date of an open time: its date in the zone of the files, which therefore must all have the same. */
function completeDates(plan: ImportPlan): (openTime: number) => string {
  const zones = new Set(plan.format === 'csv' ? [plan.csv.zone] : plan.files.flatMap((file) => leanZone(file, plan)));
  const [zone, ...others] = zones;
  if (others.length > 0) {
    throw new CliError(
      `--complete: expected files of one time zone, was ${[...zones].join(', ')}; import them one by one`,
    );
  }
  return (openTime) => DateTime.fromMillis(openTime, { zone: zone ?? 'UTC' }).toFormat('yyyy-MM-dd');
}

function leanZone(file: InputFile, plan: ImportPlan): string[] {
  try {
    return [leanFile(file.path, plan.lean).zone];
  } catch (error) {
    if (error instanceof LeanPathError) return []; // reported when the file is read
    throw error;
  }
}

function shorter(a: string, b: string): string {
  return a.length < b.length ? a : b;
}

function datasetName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new CliError(`--dataset: expected letters, digits, dots, underscores or dashes, at most 64, was "${text}"`);
}

function symbolName(text: string): string {
  const symbol = text.toUpperCase();
  if (SYMBOL_PATTERN.test(symbol)) return symbol;
  throw new CliError(`--symbol: expected ${SYMBOL_PATTERN.source}, was "${text}"`);
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new CliError(`--price-scale: expected a number above 0, was "${text}"`);
}

function oneCharacter(text: string): string {
  const char = text === 'tab' || text === '\\t' ? '\t' : text;
  if (/^[\t -~]$/.test(char) && !/["\d.+-]/.test(char)) return char;
  throw new CliError(`--delimiter: expected one character such as , ; | or tab, was "${text}"`);
}
