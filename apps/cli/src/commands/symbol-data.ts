/**
 * `barkeep bars | gaps | metrics`: print what a session has of its symbols, as tables. `sessionCommand` declares the session's id, which is
 * the first argument.
 */
import { FILLS } from '@barkeep/bars';
import type { BarAnswer, BarsQuery, GapAnswer } from '@barkeep/client';
import { BAR_HEAD, barCells, metricsTable, shortTime } from '../report/index.js';
import { dateReader, formatCount, printResult, table, UsageError } from '../terminal/index.js';
import { sessionCommand, type SessionOptions } from './command.js';

const DEFAULT_LAST = '20';
const BARS_EXAMPLES = `
Examples:
  barkeep bars my-session SPY --interval 5m --last 20
  barkeep bars my-session SPY --from 2013-10-04T13:30:00Z --to 2013-10-04T14:00:00Z --json
  barkeep bars my-session SPY --last 30 --fill forward

The end of a range is exclusive. No bar after the session's clock is shown.`;

export const barsCommand = () =>
  sessionCommand('bars', 'print bars of a session, oldest first', BARS_EXAMPLES)
    .argument('<symbol>')
    .option('--interval <interval>', 'such as 1m, 5m, 1h (default: the base interval)')
    .option('--last <n>', `the last n bars (default: ${DEFAULT_LAST})`)
    .option('--from <time>', 'first open time, ISO 8601 or epoch ms')
    .option('--to <time>', 'end of the range, exclusive')
    .choice('--fill <how>', 'forward shows an empty slot with the last close (default: none)', FILLS)
    .work(async (context, id: string, symbol: string, options: SessionOptions & BarsQuery) => {
      const query = queryOf(options);
      const bars = await (await context.existingCoordinator(options)).bars(id, symbol, query);
      const raw = bars.map((bar) => bar.raw);
      printResult(options, raw, () => barsTable(bars));
    });

function queryOf({ interval, last, from, to, fill }: BarsQuery): BarsQuery {
  const hasRange = from !== undefined || to !== undefined;
  if (hasRange && (from === undefined || to === undefined))
    throw new UsageError('expected both --from and --to, was one of them');
  if (hasRange && last !== undefined) throw new UsageError('expected --last or --from and --to, was both');
  return hasRange ? { interval, fill, from, to } : { interval, fill, last: last ?? DEFAULT_LAST };
}

function barsTable(bars: readonly BarAnswer[]): string {
  if (bars.length === 0) return 'no bars';
  const rows = bars.map((bar) => [shortTime(bar.openTime), ...barCells(bar)]);
  return table(['open time', ...BAR_HEAD], rows);
}

const GAPS_EXAMPLES = `
Examples:
  barkeep gaps my-session
  barkeep gaps my-session SPY --json

A gap is a run of minutes without a bar, before the clock. Attempts count how often a repository was asked for it.`;

export const gapsCommand = () =>
  sessionCommand('gaps', 'print the gaps of a session, or of one symbol', GAPS_EXAMPLES)
    .argument('[symbol]', 'default: all symbols')
    .work(async (context, id: string, symbol: string | undefined, options: SessionOptions) => {
      const client = await context.existingCoordinator(options);
      const symbols = symbol === undefined ? (await client.session(id)).symbols : [symbol];
      const gaps: SymbolGap[] = [];
      for (const name of symbols) {
        for (const gap of await client.gaps(id, name)) gaps.push({ symbol: name, ...gap });
      }
      printResult(options, { session: id, gaps }, () => gapsTable(gaps));
    });

type SymbolGap = GapAnswer & { symbol: string };

function gapsTable(gaps: readonly SymbolGap[]): string {
  if (gaps.length === 0) return 'no gaps';
  const rows = gaps.map(({ symbol, start, end, bars, status, attempts, lastError }) => {
    return [symbol, shortTime(start), shortTime(end), bars, status, attempts, lastError ?? ''];
  });
  const missingBars = gaps.reduce((sum, { bars }) => sum + bars, 0);
  const head = ['symbol', 'from', 'to (excluded)', 'bars', 'status', 'attempts', 'last error'];
  return `${table(head, rows)}\n${formatCount(gaps.length)} gaps, ${formatCount(missingBars)} bars`;
}

const METRICS_EXAMPLES = `
Examples:
  barkeep metrics my-session
  barkeep metrics my-session SPY --date 2024-03-04 --json

Counts are of the minutes before the clock. With --date they are those of one trading day.`;

export const metricsCommand = () =>
  sessionCommand('metrics', 'print quality and counts of a session, or of one symbol', METRICS_EXAMPLES)
    .argument('[symbol]', 'default: all symbols')
    .option('--date <date>', 'of one trading day, YYYY-MM-DD (default: the whole run)', dateReader('--date'))
    .work(async (context, id: string, symbol: string | undefined, options: SessionOptions & { date?: string }) => {
      const client = await context.existingCoordinator(options);
      const query = options.date === undefined ? {} : { date: options.date };
      const metrics =
        symbol === undefined
          ? await client.allMetrics(await client.session(id), query)
          : [await client.metrics(id, symbol, query)];
      const result = { session: id, ...query, symbols: metrics.map(({ raw }) => raw) };
      printResult(options, result, () => metricsTable(metrics));
    });
