/** `barkeep dataset show`: shows the rows and symbols of a dataset, what looks wrong in it, and its coverage of a calendar. */
import { resolveDataset } from '@barkeep/bar-repository';
import { percentText, type Hours } from '@barkeep/bars';
import { Option } from 'commander';
import { CliError, formatCount, type OutputOptions, printResult, table } from '../terminal/index.js';
import { describeDataset, type DatasetDescription } from '../datasets/index.js';
import { shortTime } from '../report/index.js';
import type { Context } from '../services/index.js';
import { CliCommand } from './command.js';

interface ShowOptions extends OutputOptions {
  calendar?: string;
  hours: Hours;
}

const SYMBOLS_SHOWN = 20;
const EXAMPLES = `
Examples:
  barkeep dataset show vendor-a
  barkeep dataset show futures --calendar CMES --json

With --calendar it counts expected and present minutes by month, and rows for which the calendar has no slot.`;

export const datasetShowCommand = () =>
  new CliCommand('show', 'show rows, symbols, coverage, conflicts and oddities of a dataset', EXAMPLES)
    .argument('<dataset>')
    .option('--calendar <id>', 'calendar to measure the coverage against')
    .addOption(new Option('--hours <hours>', 'of --calendar').choices(['regular', 'extended']).default('regular'))
    .option('--json', 'print JSON')
    .work(async (context, dataset: string, options: ShowOptions) => {
      const description = await describe(context, dataset, options);
      printResult(options, description, () => descriptionText(description));
    });

async function describe(context: Context, dataset: string, options: ShowOptions): Promise<DatasetDescription> {
  const calendar = await context.calendar(options.calendar);
  const database = await context.existingDatabase();
  const id = await resolveDataset(database, dataset);
  if (id === undefined) throw new CliError(`expected the name of a dataset, was "${dataset}", which does not exist`);
  return describeDataset(database, dataset, id, calendar && { calendar, hours: options.hours });
}

function descriptionText(found: DatasetDescription): string {
  const { dataset, rows, days, symbols, coverage, quarantined, jumps, spacing, looksLikeCloses, values } = found;
  const shown = symbols
    .slice(0, SYMBOLS_SHOWN)
    .map((of) => [of.symbol, of.rows, shortTime(of.first), shortTime(of.last), shareText(of.zeroVolumeShare)]);
  const lines = [
    `dataset ${dataset}: ${formatCount(rows)} rows, ${formatCount(symbols.length)} symbols, ${formatCount(days)} days`,
    `spacing ${spacing ?? 'unknown'}${looksLikeCloses ? '; times look like closes of bars' : ''}` +
      `${values.anyPrices ? '; negative prices allowed' : ''}${values.withoutVolume ? '; files without volume' : ''}`,
    table(['symbol', 'rows', 'first bar', 'last bar', 'zero volume'], shown),
  ];
  if (symbols.length > SYMBOLS_SHOWN)
    lines.push(`… and ${formatCount(symbols.length - SYMBOLS_SHOWN)} more symbols (--json shows all)`);
  if (coverage !== undefined) {
    const { calendar, hours, share, outside } = coverage;
    const months = coverage.months.map(({ month, expected, present }) => {
      return [month, expected, present, shareText(present / Math.max(1, expected))];
    });
    lines.push(
      `coverage against ${calendar}, ${hours} hours: ${shareText(share)}; ${formatCount(outside)} rows outside`,
      table(['month', 'expected', 'present', 'share'], months),
    );
  }
  const reasons = Object.entries(quarantined.reasons).map(([reason, times]) => `${reason} ${formatCount(times)}`);
  const why = quarantined.rows > 0 ? `: ${reasons.join(', ')}` : '';
  lines.push(`conflicting or refused rows kept: ${formatCount(quarantined.rows)}${why}`);
  if (quarantined.examples.length > 0) {
    const kept = quarantined.examples.map((row) => [
      row.symbol,
      shortTime(row.time),
      row.reason,
      row.close,
      row.volume,
    ]);
    lines.push(table(['symbol', 'time', 'reason', 'close', 'volume'], kept));
  }
  if (jumps.length > 0) {
    const largest = jumps.map((of) => [of.symbol, shortTime(of.time), of.before, of.close, shareText(of.change)]);
    lines.push('largest jumps from close to close:', table(['symbol', 'time', 'before', 'close', 'change'], largest));
  }
  return lines.join('\n');
}

function shareText(share: number): string {
  return percentText(share * 100);
}
