/** `barkeep datasets` lists datasets, `dataset show` shows one and what looks wrong in it, `dataset rm` removes one. */
import { datasetExtent, removeDataset, resolveDataset, timesOfAll, UnknownDatasetError } from '@barkeep/bar-repository';
import { type Hours, percentText } from '@barkeep/bars';
import type { Coverage } from '../dataset-coverage.js';
import { type DatasetDescription, describeDataset } from '../describe-dataset.js';
import { shortTime } from '../report/index.js';
import type { Context, Database } from '../services/index.js';
import { countsText, formatCount, type OutputOptions, printResult, table } from '../terminal/index.js';
import { CliCommand } from './command.js';

export const datasetsCommand = () =>
  new CliCommand(
    'datasets',
    'list the datasets with their symbols, bars and range',
    '\nExample:\n  barkeep datasets --json',
  )
    .option('--json', 'print JSON')
    .work(async (context, options: OutputOptions) => {
      const datasets = await listDatasets(await context.existingDatabase());
      printResult(options, { datasets }, () => datasetsTable(datasets));
    });

export const datasetCommand = () =>
  new CliCommand('dataset', 'work on one dataset').addCommand(datasetShowCommand()).addCommand(removeCommand());

function removeCommand(): CliCommand {
  return new CliCommand(
    'rm',
    'remove a dataset with all its bars: the undo of an import',
    '\nExample:\n  barkeep dataset rm vendor-b\n\nBars that sessions have already stored stay in these sessions.',
  )
    .argument('<dataset>')
    .option('--json', 'print JSON')
    .work(async (context, dataset: string, options: OutputOptions) => {
      const bars = await removeDataset(await context.existingDatabase(), dataset, context.life.signal);
      if (bars === undefined) throw new UnknownDatasetError(dataset);
      printResult(options, { dataset, bars }, () => `dataset ${dataset} removed, ${formatCount(bars)} bars`);
    });
}

/** Lists all datasets. `first` and `last` are the open times of the first and the last bar, ISO 8601 UTC; null without bars. */
async function listDatasets(database: Database) {
  const counted = await database.query<{ id: number; dataset: string; bars: number }[]>(
    `SELECT d.id, d.name AS dataset, count(b.symbol_id)::float8 AS bars
     FROM datasets d LEFT JOIN bars b ON b.dataset_id = d.id GROUP BY d.id, d.name ORDER BY d.name`,
  );
  const datasets = [];
  for (const { id, dataset, bars } of counted) {
    const extents = await datasetExtent(database, id);
    const { first, last } = timesOfAll(extents);
    const iso = (time: number): string | null => (extents.length > 0 ? new Date(time).toISOString() : null);
    datasets.push({ dataset, symbols: extents.length, bars, first: iso(first), last: iso(last) });
  }
  return datasets;
}

function datasetsTable(datasets: Awaited<ReturnType<typeof listDatasets>>): string {
  if (datasets.length === 0) return 'no datasets; "barkeep import" creates one';
  const rows = datasets.map((row) => [row.dataset, row.symbols, row.bars, shortTime(row.first), shortTime(row.last)]);
  return table(['dataset', 'symbols', 'bars', 'first bar', 'last bar'], rows);
}

type ShowOptions = OutputOptions & { calendar?: string; hours: Hours };

const SYMBOLS_SHOWN = 20;
const EXAMPLES = `
Examples:
  barkeep dataset show vendor-a
  barkeep dataset show futures --calendar CMES --json

With --calendar the command also counts the expected and the present bars per month, and rows without a slot.`;

const datasetShowCommand = () =>
  new CliCommand('show', 'show rows, symbols, coverage, conflicts and oddities of a dataset', EXAMPLES)
    .argument('<dataset>')
    .option('--calendar <id>', 'calendar to measure the coverage against')
    .hours('with --calendar')
    .option('--json', 'print JSON')
    .work(async (context, dataset: string, options: ShowOptions) => {
      const description = await readDescription(context, dataset, options);
      printResult(options, description, () => descriptionText(description));
    });

async function readDescription(context: Context, dataset: string, options: ShowOptions): Promise<DatasetDescription> {
  const calendar = options.calendar === undefined ? undefined : await context.calendar(options.calendar);
  const database = await context.existingDatabase();
  const id = await resolveDataset(database, dataset);
  if (id === undefined) throw new UnknownDatasetError(dataset);
  return describeDataset(database, dataset, id, calendar && { calendar, hours: options.hours });
}

function descriptionText(description: DatasetDescription): string {
  const { coverage, quarantined, jumps } = description;
  return [
    ...symbolLines(description),
    ...(coverage ? coverageLines(coverage) : []),
    ...quarantineLines(quarantined),
    ...(jumps.length > 0 ? jumpLines(jumps) : []),
  ].join('\n');
}

function symbolLines(description: DatasetDescription): string[] {
  const { dataset, rows, days, symbols, spacing, looksLikeCloses, values } = description;
  const shown = symbols
    .slice(0, SYMBOLS_SHOWN)
    .map((row) => [row.symbol, row.rows, shortTime(row.first), shortTime(row.last), shareText(row.zeroVolumeShare)]);
  const facts = [`spacing ${spacing ?? 'unknown'}`];
  if (looksLikeCloses) facts.push('times look like bar close times');
  if (values.anyPrices) facts.push('negative prices allowed');
  if (values.withoutVolume) facts.push('files without volume');
  const lines = [
    `dataset ${dataset}: ${formatCount(rows)} rows, ${formatCount(symbols.length)} symbols, ${formatCount(days)} days`,
    facts.join('; '),
    table(['symbol', 'rows', 'first bar', 'last bar', 'zero volume'], shown),
  ];
  if (symbols.length > SYMBOLS_SHOWN)
    lines.push(`… and ${formatCount(symbols.length - SYMBOLS_SHOWN)} more symbols (--json shows all)`);
  return lines;
}

function coverageLines({ calendar, hours, share, outside, months }: Coverage): string[] {
  const rows = months.map(({ month, expected, present }) => {
    return [month, expected, present, shareText(present / Math.max(1, expected))];
  });
  return [
    `coverage against ${calendar}, ${hours} hours: ${shareText(share)}; ${formatCount(outside)} rows outside`,
    table(['month', 'expected', 'present', 'share'], rows),
  ];
}

function quarantineLines({ rows, reasons, examples }: DatasetDescription['quarantined']): string[] {
  const why = rows > 0 ? `: ${countsText(reasons)}` : '';
  const total = `rows in quarantine, conflicting or refused: ${formatCount(rows)}${why}`;
  if (examples.length === 0) return [total];
  const exampleRows = examples.map((row) => [row.symbol, shortTime(row.time), row.reason, row.close, row.volume]);
  return [total, table(['symbol', 'time', 'reason', 'close', 'volume'], exampleRows)];
}

function jumpLines(jumps: DatasetDescription['jumps']): string[] {
  const rows = jumps.map((row) => [row.symbol, shortTime(row.time), row.before, row.close, shareText(row.change)]);
  return ['largest jumps from close to close:', table(['symbol', 'time', 'before', 'close', 'change'], rows)];
}

/** @param share 0 to 1 */
function shareText(share: number): string {
  return percentText(share * 100);
}
