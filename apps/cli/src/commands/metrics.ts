/** `barkeep metrics`: prints the quality and the counts of a session's symbols, of the run or of one trading day. */
import { metricsTable } from '../report/index.js';
import { optionReader, printResult } from '../terminal/index.js';
import { SessionCommand, type SessionOptions } from './command.js';

interface MetricsOptions extends SessionOptions {
  date?: string;
}

const EXAMPLES = `
Examples:
  barkeep metrics my-session
  barkeep metrics my-session SPY --date 2024-03-04 --json

Counts are of the minutes before the clock. With --date they are those of one trading day.`;

const tradingDate = optionReader('--date', 'YYYY-MM-DD', (text) => /^\d{4}-\d{2}-\d{2}$/.exec(text)?.[0]);

export const metricsCommand = () =>
  new SessionCommand('metrics', 'print quality and counts of a session, or of one symbol', EXAMPLES)
    .argument('<session>')
    .argument('[symbol]', 'default: all symbols')
    .option('--date <date>', 'of one trading day, YYYY-MM-DD (default: the whole run)', tradingDate)
    .work(async (context, id: string, symbol: string | undefined, options: MetricsOptions) => {
      const client = await context.existingCoordinator(options);
      const of = options.date === undefined ? {} : { date: options.date };
      const metrics =
        symbol === undefined
          ? await client.allMetrics(await client.session(id), of)
          : [await client.metrics(id, symbol, of)];
      const result = { session: id, ...of, symbols: metrics.map(({ raw }) => raw) };
      printResult(options, result, () => metricsTable(metrics));
    });
