/** The options of commands that read bars from files: checks them and makes the import plan. */
import { relative } from 'node:path';
import { DAY_MS, type Hours, MINUTE_MS, parseInterval, SYMBOL_PATTERN, SYMBOL_WORDS } from '@barkeep/bars';
import { Option } from 'commander';
import {
  formatCount,
  optionReader,
  type Progress,
  readOption,
  UsageError,
  wholeNumberReader,
} from '../terminal/index.js';
import {
  CalendarCheck,
  formatsNamed,
  type ImportPlan,
  type InputFile,
  parseColumnsOption,
  type ReadOptions,
  type SymbolCase,
  symbolReader,
  SymbolNames,
  WallClock,
} from '../import/index.js';
import type { Context } from '../services/index.js';
import type { CliCommand } from './command.js';
import { readSymbolMap } from './symbol-map.js';

/** Options that have the same name and the same value in {@link ReadOptions}. */
type SameOptions =
  'format' | 'symbol' | 'symbolFromKey' | 'times' | 'priceScale' | 'timeFormat' | 'delimiter' | 'skipLines';

export interface FileOptions extends Pick<ReadOptions, SameOptions> {
  symbolFromPath?: string;
  symbolCase: SymbolCase;
  symbolMap?: string;
  oneSymbol?: boolean;
  tz?: string;
  /** In ms. */
  interval: number;
  calendar?: string;
  hours: Hours;
  columns?: string;
  volume?: 'none';
  allowNegativePrices?: boolean;
  decimal: '.' | ',';
  thousands?: string;
  /** False with --no-header. */
  header: boolean;
}

/** Returns a function that takes the bytes and the bars that have been read so far, and shows them as progress. */
export function fileProgress(files: readonly InputFile[], progress: Progress): (bytes: number, bars: number) => void {
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return (bytes, bars) => progress.update(bytes / Math.max(totalBytes, 1), `${formatCount(bars)} bars`, bars);
}

/** Adds the argument for files and the options that control how they are read. */
export function withFiles(command: CliCommand): CliCommand {
  return command
    .argument('<file...>', 'files, folders or patterns')
    .option(
      '--format <name>',
      'format of the files: see --list-formats (default: recognised; csv: by column names)',
      formatName,
    )
    .option('--symbol <symbol>', 'symbol of every row', symbolName)
    .option('--symbol-from-path <pattern>', "where the symbol is in the path, such as '{symbol}_1m.csv'")
    .option('--symbol-from-key', 'the JSON key above the bars of a symbol is its name, as in {"SPY":[…]}')
    .choice(
      '--symbol-case <how>',
      'guard: refuse names that differ only in case; keep: as is; upper: convert',
      ['guard', 'keep', 'upper'],
      'guard',
    )
    .option('--symbol-map <file>', 'file that maps names to symbols: rows FROM,TO or a JSON object')
    .option('--one-symbol', 'let several files of a zip, or rows of several symbols, become one symbol')
    .option('--tz <zone>', 'IANA zone of times without an offset (default: that of the format; csv: UTC)')
    .choice('--times <what>', 'whether times are opens or closes (default: open)', ['open', 'close'])
    .addOption(
      new Option('--interval <interval>', 'interval of the rows').argParser(intervalMs).default(MINUTE_MS, '1m'),
    )
    .option('--calendar <id>', 'leave out rows for which this calendar has no slot, and count them')
    .hours('with --calendar')
    .option('--columns <map>', 'columns of the fields: time=ts,open=o,… by name, or by number from 1 with --no-header')
    .choice('--volume <what>', 'none: the files have no volume, store 0', ['none'])
    .option('--allow-negative-prices', 'accept negative prices and prices of 0, which futures and spreads can have')
    .option('--price-scale <n>', 'divide prices by this (default: that of the format)', positiveNumber)
    .choice('--decimal <char>', 'decimal sign', ['.', ','], '.')
    .option('--thousands <char>', 'sign between groups of three digits', oneSign)
    .option('--time-format <format>', 'auto, iso, s, ms, us, ns or a pattern such as "MM/dd/yyyy HH:mm"')
    .option('--delimiter <char>', 'what separates columns; "tab" for a tab (default: recognised)', oneCharacter)
    .option('--skip-lines <n>', 'lines before the header or the data', wholeNumberReader('--skip-lines', 0, 999_999), 0)
    .option('--no-header', 'the first row is data: time, [symbol,] open, high, low, close, volume');
}

/** The import plan without its files. @param into id of the dataset or session @throws UsageError for a wrong option */
export async function planOf(context: Context, into: string, options: FileOptions): Promise<Omit<ImportPlan, 'files'>> {
  const { tz: zone, columns, decimal, thousands } = options;
  if (zone !== undefined) void new WallClock(zone); // throws for an unknown zone
  if (decimal === thousands)
    throw new UsageError(`--thousands: expected another sign than --decimal, was "${thousands}"`);
  if (options.symbolFromKey && options.symbol !== undefined)
    throw new UsageError('--symbol-from-key: expected no --symbol with it, which names the symbol of every row');
  const map = options.symbolMap === undefined ? undefined : await readSymbolMap(options.symbolMap);
  const calendar = options.calendar === undefined ? undefined : await context.calendar(options.calendar);
  const read: ReadOptions = {
    ...options, // for those of SameOptions
    zone,
    hasHeader: options.header,
    columns: columns === undefined ? new Map() : parseColumnsOption(columns),
    intervalMs: options.interval,
    hasCalendar: calendar !== undefined,
    numbers: { decimal, thousands },
    hasVolume: options.volume !== 'none',
    prices: options.allowNegativePrices ? 'any' : 'positive',
    symbolNames: new SymbolNames(options.symbolCase, map),
  };
  return {
    dataset: into,
    read,
    symbolOf: options.symbolFromPath === undefined ? undefined : symbolReader(options.symbolFromPath),
    oneSymbol: options.oneSymbol ?? false,
    calendar: calendar && new CalendarCheck(calendar, options.hours, options.interval),
    showPath: (path) => {
      const fromHere = relative(process.cwd(), path);
      return fromHere.length < path.length ? fromHere : path;
    },
    signal: context.life.signal,
  };
}

export const datasetName = optionReader(
  '--dataset',
  'letters, digits, dots, underscores or dashes, at most 64',
  (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.exec(text)?.[0],
);

const formatName = optionReader('--format', 'a name of "barkeep import --list-formats"', (text) =>
  text === 'csv' || text === 'lean' || formatsNamed(text).length > 0 ? text : undefined,
);

const symbolName = optionReader('--symbol', SYMBOL_WORDS, (text) => SYMBOL_PATTERN.exec(text)?.[0]);

const intervalMs = optionReader('--interval', 'whole minutes, less than a day', (text) => {
  const { ms } = readOption('--interval', () => parseInterval(text));
  return ms % MINUTE_MS === 0 && ms < DAY_MS ? ms : undefined;
});

const positiveNumber = optionReader('--price-scale', 'a number above 0', (text) => {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
});

const oneSign = optionReader(
  '--thousands',
  "one of . , ' _ or space",
  (text) => /^[., '_]$/.exec(text === 'space' ? ' ' : text)?.[0],
);

const oneCharacter = optionReader('--delimiter', 'one character such as , ; | or tab', (text) => {
  const char = text === 'tab' || text === '\\t' ? '\t' : text;
  const isOnePrintable = /^[\t -~]$/.test(char);
  const isPartOfValues = /["\d.+-]/.test(char); // a quote, or a character of numbers
  return isOnePrintable && !isPartOfValues ? char : undefined;
});
