/** `barkeep metrics`: prints the quality and the counts of a session's symbols, of the run or of one trading day. */
import { Command } from 'commander';
import { metricsTable } from '../report/index.js';
import { EXIT, printResult, UsageError } from '../terminal/index.js';
import { type SessionOptions, withConnectionOptions } from './connection.js';
import type { RunCommand } from './run-command.js';

interface MetricsOptions extends SessionOptions {
  date?: string;
}

const EXAMPLES = `
Examples:
  barkeep metrics my-session
  barkeep metrics my-session SPY --date 2024-03-04 --json

Counts are of the minutes before the clock. With --date they are those of one trading day.`;

export function metricsCommand(run: RunCommand): Command {
  return withConnectionOptions(new Command('metrics'))
    .description('print quality and counts of a session, or of one symbol')
    .argument('<session>')
    .argument('[symbol]', 'default: all symbols')
    .option('--date <date>', 'of one trading day, YYYY-MM-DD (default: the whole run)', tradingDate)
    .addHelpText('after', EXAMPLES)
    .action((id: string, symbol: string | undefined, options: MetricsOptions) =>
      run(async (context) => {
        const client = await context.existingCoordinator(options);
        const of = options.date === undefined ? {} : { date: options.date };
        const metrics =
          symbol === undefined
            ? await client.allMetrics(await client.session(id), of)
            : [await client.metrics(id, symbol, of)];
        const result = { session: id, ...of, symbols: metrics.map(({ raw }) => raw) };
        printResult(options, result, () => metricsTable(metrics));
        return EXIT.ok;
      }),
    );
}

function tradingDate(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  throw new UsageError(`--date: expected YYYY-MM-DD, was "${text}"`);
}
