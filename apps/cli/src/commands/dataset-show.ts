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
  const lines = [
    `dataset ${dataset}: ${formatCount(rows)} rows, ${formatCount(symbols.length)} symbols, ${formatCount(days)} days`,
    `spacing ${spacing ?? 'unknown'}${looksLikeCloses ? '; times look like closes of bars' : ''}` +
      `${values.anyPrices ? '; negative prices allowed' : ''}${values.withoutVolume ? '; files without volume' : ''}`,
    table(
      ['symbol', 'rows', 'first bar', 'last bar', 'zero volume'],
      symbols
        .slice(0, SYMBOLS_SHOWN)
        .map(({ symbol, rows: rowCount, first, last, zeroVolumeShare }) => [
          symbol,
          rowCount,
          shortTime(first),
          shortTime(last),
          shareText(zeroVolumeShare),
        ]),
    ),
  ];
  if (symbols.length > SYMBOLS_SHOWN)
    lines.push(`… and ${formatCount(symbols.length - SYMBOLS_SHOWN)} more symbols (--json shows all)`);
  if (coverage !== undefined) {
    lines.push(
      `coverage against ${coverage.calendar}, ${coverage.hours} hours: ${shareText(coverage.share)}; ${formatCount(coverage.outside)} rows outside`,
      table(
        ['month', 'expected', 'present', 'share'],
        coverage.months.map(({ month, expected, present }) => [
          month,
          expected,
          present,
          shareText(present / Math.max(1, expected)),
        ]),
      ),
    );
  }
  lines.push(
    `conflicting or refused rows kept: ${formatCount(quarantined.rows)}${quarantined.rows > 0 ? `: ${reasonsText(quarantined.reasons)}` : ''}`,
  );
  if (quarantined.examples.length > 0) {
    lines.push(
      table(
        ['symbol', 'time', 'reason', 'close', 'volume'],
        quarantined.examples.map((row) => [row.symbol, shortTime(row.time), row.reason, row.close, row.volume]),
      ),
    );
  }
  if (jumps.length > 0) {
    lines.push(
      'largest jumps from close to close:',
      table(
        ['symbol', 'time', 'before', 'close', 'change'],
        jumps.map((jump) => [jump.symbol, shortTime(jump.time), jump.before, jump.close, shareText(jump.change)]),
      ),
    );
  }
  return lines.join('\n');
}

function reasonsText(reasons: Record<string, number>): string {
  return Object.entries(reasons)
    .map(([reason, times]) => `${reason} ${formatCount(times)}`)
    .join(', ');
}

function shareText(share: number): string {
  return percentText(share * 100);
}
