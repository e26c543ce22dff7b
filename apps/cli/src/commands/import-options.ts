/** The options of commands that read bars from files: their checks, and the plan that they make. */
import { relative } from 'node:path';
import { type Command, Option } from 'commander';
import { DateTime } from 'luxon';
import { CliError, type OutputOptions } from '../terminal/index.js';
import {
  ColumnsError,
  CSV_DEFAULTS,
  type CsvOptions,
  type ImportFormat,
  type ImportPlan,
  type InputFile,
  leanFile,
  LeanPathError,
  parseColumnsOption,
  SYMBOL_PATTERN,
  symbolFromPath,
  WallClock,
} from '../import/index.js';
import type { Context } from '../services/index.js';

export interface FileOptions {
  format: ImportFormat;
  symbol?: string;
  symbolFromPath?: string;
  tz?: string;
  columns?: string;
  priceScale?: number;
  timeFormat: string;
  delimiter: string;
  header: boolean;
}

export interface ImportOptions extends FileOptions, OutputOptions {
  dataset: string;
  complete?: boolean;
  strict?: boolean;
}

/** Files, folders or patterns, and how they are read. */
export function withFiles(command: Command): Command {
  return command
    .argument('<file...>', 'files, folders or patterns')
    .addOption(new Option('--format <format>', 'what the files are').choices(['csv', 'lean']).default('csv'))
    .option('--symbol <symbol>', 'symbol of every row', symbolName)
    .option('--symbol-from-path <pattern>', "where the path has the symbol, e.g. '{symbol}_1m.csv'")
    .option('--tz <zone>', 'IANA zone of times without an offset (csv: UTC; lean: that of the market)')
    .option('--columns <map>', 'which column is what: time=ts,open=o,… by name, or by number from 1 with --no-header')
    .option('--price-scale <n>', 'divide prices by this (csv: 1; lean equity: 10000)', positiveNumber)
    .option('--time-format <format>', 'auto, iso, s, ms, us, ns or a pattern such as "MM/dd/yyyy HH:mm"', 'auto')
    .option('--delimiter <char>', 'what separates columns; "tab" for a tab', oneCharacter, ',')
    .option('--no-header', 'the first row is data: time, [symbol,] open, high, low, close, volume');
}

/** Everything of the plan but the files. @param into where the bars go @throws CliError for an option that cannot be */
export function planOf(context: Context, into: string, options: FileOptions): Omit<ImportPlan, 'files'> {
  const { symbol, tz: zone, priceScale, timeFormat, delimiter, header } = options;
  if (zone !== undefined) void new WallClock(zone);
  const columns = parseColumns(options.columns);
  const csv: CsvOptions = { ...CSV_DEFAULTS, columns, timeFormat, delimiter, header, symbol };
  if (zone !== undefined) csv.zone = zone;
  if (priceScale !== undefined) csv.priceScale = priceScale;
  return {
    dataset: into,
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
export function completeDates(plan: ImportPlan): (openTime: number) => string {
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

export function datasetName(text: string): string {
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
