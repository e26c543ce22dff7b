/** `barkeep bars`: prints the bars of one symbol, up to the session's clock. */
import { FILLS } from '@barkeep/bars';
import type { BarAnswer, BarsQuery } from '@barkeep/client';
import { Option } from 'commander';
import { printResult, table, UsageError } from '../terminal/index.js';
import { BAR_HEAD, barCells, shortTime } from '../report/index.js';
import { SessionCommand, type SessionOptions } from './command.js';

interface BarsOptions extends SessionOptions {
  interval?: string;
  last?: string;
  from?: string;
  to?: string;
  fill?: string;
}

const DEFAULT_LAST = '20';
const EXAMPLES = `
Examples:
  barkeep bars my-session SPY --interval 5m --last 20
  barkeep bars my-session SPY --from 2013-10-04T13:30:00Z --to 2013-10-04T14:00:00Z --json
  barkeep bars my-session SPY --last 30 --fill forward

The end of a range is exclusive. No bar after the session's clock is shown.`;

export const barsCommand = () =>
  new SessionCommand('bars', 'print bars of a session, oldest first', EXAMPLES)
    .argument('<session>')
    .argument('<symbol>')
    .option('--interval <interval>', 'such as 1m, 5m, 1h (default: the base interval)')
    .option('--last <n>', `the last n bars (default: ${DEFAULT_LAST})`)
    .option('--from <time>', 'first open time, ISO 8601 or epoch ms')
    .option('--to <time>', 'end of the range, exclusive')
    .addOption(
      new Option('--fill <how>', 'forward shows an empty slot with the last close (default: none)').choices(FILLS),
    )
    .work(async (context, id: string, symbol: string, options: BarsOptions) => {
      const query = queryOf(options);
      const bars = await (await context.existingCoordinator(options)).bars(id, symbol, query);
      printResult(
        options,
        bars.map(({ raw }) => raw),
        () => barsTable(bars),
      );
    });

function queryOf({ interval, last, from, to, fill }: BarsOptions): BarsQuery {
  const range = from !== undefined || to !== undefined;
  if (range && (from === undefined || to === undefined))
    throw new UsageError('expected both --from and --to, was one of them');
  if (range && last !== undefined) throw new UsageError('expected --last or --from and --to, was both');
  return range ? { interval, fill, from, to } : { interval, fill, last: last ?? DEFAULT_LAST };
}

function barsTable(bars: readonly BarAnswer[]): string {
  if (bars.length === 0) return 'no bars';
  const rows = bars.map((bar) => [shortTime(bar.openTime), ...barCells(bar)]);
  return table(['open time', ...BAR_HEAD], rows);
}
