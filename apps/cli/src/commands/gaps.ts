/** `barkeep gaps`: prints the gaps of a session. */
import type { GapAnswer } from '@barkeep/client';
import { formatCount, printResult, table } from '../terminal/index.js';
import { shortTime } from '../report/index.js';
import { SessionCommand, type SessionOptions } from './command.js';

const EXAMPLES = `
Examples:
  barkeep gaps my-session
  barkeep gaps my-session SPY --json

A gap is a run of minutes without a bar, before the clock. Attempts count how often a repository was asked for it.`;

export const gapsCommand = () =>
  new SessionCommand('gaps', 'print the gaps of a session, or of one symbol', EXAMPLES)
    .argument('<session>')
    .argument('[symbol]', 'default: all symbols')
    .work(async (context, id: string, symbol: string | undefined, options: SessionOptions) => {
      const client = await context.existingCoordinator(options);
      const symbols = symbol === undefined ? (await client.session(id)).symbols : [symbol];
      const ofSymbols = [];
      for (const name of symbols) ofSymbols.push({ name, gaps: await client.gaps(id, name) });
      const gaps = ofSymbols.flatMap(({ name, gaps: found }) => found.map((gap) => ({ symbol: name, ...gap })));
      printResult(options, { session: id, gaps }, () => gapsTable(gaps));
    });

function gapsTable(gaps: readonly (GapAnswer & { symbol: string })[]): string {
  if (gaps.length === 0) return 'no gaps';
  const rows = gaps.map(({ symbol, start, end, bars, status, attempts, lastError }) => {
    return [symbol, shortTime(start), shortTime(end), bars, status, attempts, lastError ?? ''];
  });
  const minutes = gaps.reduce((sum, { bars }) => sum + bars, 0);
  const head = ['symbol', 'from', 'to (excluded)', 'bars', 'status', 'attempts', 'last error'];
  return `${table(head, rows)}\n${formatCount(gaps.length)} gaps, ${formatCount(minutes)} bars`;
}
