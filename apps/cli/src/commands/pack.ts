/** `barkeep pack`: packs a dataset's rows into day chunks, which sessions stream much faster than rows. */
import { datasetExtent, datasetNames, packDays, resolveDataset, type PackCounts } from '@barkeep/bar-repository';
import { parseInterval, type Hours } from '@barkeep/bars';
import {
  CliError,
  dateReader,
  formatCount,
  type OutputOptions,
  printResult,
  type Progress,
  readOption,
  symbolsReader,
  UsageError,
  withProgress,
} from '../terminal/index.js';
import { daysWithRows } from '../dataset-coverage.js';
import type { Context, Database } from '../services/index.js';
import { CliCommand } from './command.js';

interface PackCommandOptions extends OutputOptions {
  calendar: string;
  hours: Hours;
  interval: string;
  start?: string;
  end?: string;
  symbols?: string[];
}

const EXAMPLES = `
A session with the same calendar, hours and base interval streams packed days instead of rows, with identical results.
A change of rows deletes the affected packs, and sessions read rows for these days until you run this command again.
It skips days that are already packed, so an interrupted run continues where it stopped. Days with rows that a session
would refuse are not packed.

Examples:
  barkeep pack vendor-a
  barkeep pack futures --calendar CMES --start 2024-01-01 --end 2024-06-30 --symbols ES,NQ`;

export const packCommand = () =>
  new CliCommand('pack', 'pack days of a dataset, so that sessions stream them faster', EXAMPLES)
    .argument('<dataset>')
    .option('--calendar <id>', 'calendar of the sessions that will use the packs', 'XNYS')
    .hours()
    .option('--interval <interval>', 'base interval of these sessions', '1m')
    .option('--start <date>', 'first trading date (default: that of the first bar)', dateReader('--start'))
    .option('--end <date>', 'last trading date, included (default: that of the last bar)', dateReader('--end'))
    .option('--symbols <list>', 'comma-separated (default: all of the dataset)', symbolsReader('--symbols'))
    .option('--json', 'print what was packed as JSON')
    .work(async (context, dataset: string, options: PackCommandOptions) => {
      const result = await pack(context, dataset, options);
      printResult(options, result, () => resultText(result));
    });

async function pack(context: Context, dataset: string, options: PackCommandOptions) {
  const { hours } = options;
  // Options are checked first, so that a wrong one is reported before a database starts.
  const interval = readOption('--interval', () => parseInterval(options.interval));
  if (interval.daily) throw new UsageError('--interval: expected minutes or hours, as of a session, was "1d"');
  const calendar = await context.calendar(options.calendar);
  const database = await context.existingDatabase();
  const { datasetId, symbols } = await symbolsOf(database, dataset, options.symbols);
  const { start = '', end = '9999-12-31' } = options; // the defaults are before and after every date
  const days = daysWithRows(symbols, calendar, hours).filter(({ date }) => date >= start && date <= end);
  const total = days.length * symbols.length;
  let packed = 0;
  const packAll = (progress: Progress): Promise<PackCounts> =>
    packDays(database, {
      datasetId,
      symbolIds: symbols.map(({ id }) => id),
      days,
      interval,
      signal: context.life.signal,
      onProgress: (counts) => {
        packed = counts.packed;
        const done = counts.packed + counts.kept + counts.empty + counts.refused;
        progress.update(done / total, `${formatCount(done)} of ${formatCount(total)} days`, done);
      },
    });
  const outcome = (): string => `${formatCount(packed)} packed days were kept; the same command continues`;
  const counts = await withProgress(`pack ${dataset}`, options.json, packAll, outcome);
  return {
    dataset,
    calendar: options.calendar,
    hours,
    interval: interval.name,
    days: days.length,
    symbols: symbols.length,
    ...counts,
  };
}

/** The ids of the dataset and of the wanted symbols, by default all symbols. @throws CliError for an unknown one */
async function symbolsOf(database: Database, dataset: string, wanted: readonly string[] | undefined) {
  const datasetId = await resolveDataset(database, dataset);
  if (datasetId === undefined) {
    const names = (await datasetNames(database)).join(', ') || 'none';
    throw new CliError(`expected a dataset, was "${dataset}"; existing ones: ${names}`);
  }
  const extents = await datasetExtent(database, datasetId);
  const unknown = wanted?.filter((symbol) => !extents.some((extent) => extent.symbol === symbol)) ?? [];
  if (unknown.length > 0) {
    throw new CliError(`--symbols: expected symbols with bars in ${dataset}, was ${unknown.join(', ')}`);
  }
  const symbols = wanted ? extents.filter(({ symbol }) => wanted.includes(symbol)) : extents;
  return { datasetId, symbols };
}

function resultText({ dataset, symbols, days, ...counts }: Awaited<ReturnType<typeof pack>>): string {
  const lines = [
    `dataset ${dataset}: ${formatCount(symbols)} symbols × ${formatCount(days)} days`,
    `${formatCount(counts.packed)} packed now, ${formatCount(counts.bars)} bars`,
    `${formatCount(counts.kept)} packed before`,
  ];
  if (counts.empty > 0) lines.push(`${formatCount(counts.empty)} without bars`);
  if (counts.refused > 0) lines.push(`${formatCount(counts.refused)} left as rows, some of which a session refuses`);
  return lines.join('\n');
}
