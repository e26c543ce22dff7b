/** `barkeep datasets` lists the datasets; `barkeep dataset rm` removes one, which undoes an import. */
import { removeDataset } from '@barkeep/bar-repository';
import { CliError, formatCount, type OutputOptions, printResult, table } from '../terminal/index.js';
import { shortTime } from '../report/index.js';
import type { Database } from '../services/index.js';
import { datasetShowCommand } from './dataset-show.js';
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
      const bars = await removeDataset(await context.existingDatabase(), dataset);
      if (bars === undefined)
        throw new CliError(`expected the name of a dataset, was "${dataset}", which does not exist`);
      printResult(options, { dataset, bars }, () => `dataset ${dataset} removed, ${formatCount(bars)} bars`);
    });
}

/** With the open times of the first and the last bar, ISO 8601 UTC; null when there is none. */
async function listDatasets(database: Database) {
  const rows = await database.query<
    { name: string; symbols: string; bars: string; first: Date | null; last: Date | null }[]
  >(
    `SELECT d.name, count(DISTINCT b.symbol_id) AS symbols, count(b.symbol_id) AS bars, min(b."time") AS first, max(b."time") AS last
     FROM datasets d LEFT JOIN bars b ON b.dataset_id = d.id GROUP BY d.id, d.name ORDER BY d.name`,
  );
  return rows.map(({ name, symbols, bars, first, last }) => ({
    dataset: name,
    symbols: Number(symbols),
    bars: Number(bars),
    first: first?.toISOString() ?? null,
    last: last?.toISOString() ?? null,
  }));
}

function datasetsTable(datasets: Awaited<ReturnType<typeof listDatasets>>): string {
  if (datasets.length === 0) return 'no datasets; "barkeep import" creates one';
  const rows = datasets.map((d) => [d.dataset, d.symbols, d.bars, shortTime(d.first), shortTime(d.last)]);
  return table(['dataset', 'symbols', 'bars', 'first bar', 'last bar'], rows);
}
