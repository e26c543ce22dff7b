/** `barkeep export`: writes the bars of a session, up to its clock, as CSV or NDJSON. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import type { BarAnswer, CoordinatorClient, SessionStatus } from '@barkeep/client';
import { Command, Option } from 'commander';
import {
  formatCount,
  EXIT,
  InterruptedError,
  note,
  printResult,
  startProgress,
  UsageError,
} from '../terminal/index.js';
import { type SessionOptions, withConnectionOptions } from './connection.js';
import type { RunCommand } from './run-command.js';

interface ExportOptions extends SessionOptions {
  format: 'csv' | 'ndjson';
  interval?: string;
  symbols?: string[];
  from?: string;
  to?: string;
  out?: string;
}

interface Exported {
  session: string;
  symbols: number;
  bars: number;
  file: string | null;
}

const DAY_MS = 86_400_000;
/** A week of minutes is at most 10,080 bars. */
const SPAN_MS = 7 * DAY_MS;
const EXAMPLES = `
Examples:
  barkeep export my-session > bars.csv
  barkeep export my-session --interval 5m --symbols SPY,IBM --format ndjson --out bars.ndjson

Bars come symbol by symbol, oldest first, and none after the session's clock. The CSV file can be imported again.`;

export function exportCommand(run: RunCommand): Command {
  return withConnectionOptions(new Command('export'))
    .description('write the bars of a session as CSV or NDJSON')
    .argument('<session>')
    .addOption(new Option('--format <format>').choices(['csv', 'ndjson']).default('csv'))
    .option('--interval <interval>', 'such as 5m, 1h (default: the base interval)')
    .option('--symbols <list>', 'comma-separated (default: all)', (text) => text.split(','))
    .option('--from <time>', 'first open time, ISO 8601 (default: the start of the session)')
    .option('--to <time>', "end of the range, exclusive (default: the session's clock)")
    .option('--out <file>', 'write to a file (default: stdout)')
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: ExportOptions) =>
      run(async (context) => {
        if (options.json && options.out === undefined)
          throw new UsageError('--json prints a summary: expected --out too');
        const client = await context.existingCoordinator(options);
        const exported = await exportBars(client, id, options, context.life.signal);
        if (options.json) printResult(options, exported, () => '');
        else note(`${formatCount(exported.bars)} bars of ${formatCount(exported.symbols)} symbols`);
        return EXIT.ok;
      }),
    );
}

async function exportBars(
  client: CoordinatorClient,
  id: string,
  options: ExportOptions,
  signal: AbortSignal,
): Promise<Exported> {
  const session = await client.session(id);
  const symbols = options.symbols ?? session.symbols;
  const from = timeOf('--from', options.from ?? startOf(session));
  const to = timeOf('--to', options.to ?? session.clock ?? options.from ?? startOf(session));
  const target = options.out === undefined ? process.stdout : createWriteStream(options.out);
  const progress = startProgress(`export ${id}`, options.json || options.out === undefined);
  let bars = 0;
  if (options.format === 'csv') await write(target, 'time,symbol,open,high,low,close,volume\n');
  for (const [index, symbol] of symbols.entries()) {
    for (let at = from; at < to; at += SPAN_MS) {
      if (signal.aborted) {
        progress.stop();
        throw new InterruptedError(
          `interrupted: ${options.out ?? 'the output'} has the first ${formatCount(bars)} bars only`,
        );
      }
      const range = { from: new Date(at).toISOString(), to: new Date(Math.min(to, at + SPAN_MS)).toISOString() };
      const read = await client.bars(id, symbol, {
        ...range,
        ...(options.interval !== undefined && { interval: options.interval }),
      });
      bars += read.length;
      await write(target, read.map((bar) => rowOf(symbol, bar, options.format)).join(''));
      progress.update((index + (at - from) / Math.max(1, to - from)) / symbols.length, symbol, bars);
    }
  }
  progress.stop();
  if (target !== process.stdout) {
    target.end();
    await once(target, 'finish');
  }
  return { session: id, symbols: symbols.length, bars, file: options.out ?? null };
}

function rowOf(symbol: string, bar: BarAnswer, format: ExportOptions['format']): string {
  if (format === 'ndjson') return `${JSON.stringify({ symbol, ...bar.raw })}\n`;
  const { openTime, open, high, low, close, volume } = bar;
  return `${[openTime, symbol, open, high, low, close, volume].join(',')}\n`;
}

/** The day before the first trading date: a session of futures opens on the evening before. */
function startOf({ spec }: SessionStatus): string {
  return new Date(timeOf('start of the session', spec.start) - DAY_MS).toISOString();
}

function timeOf(name: string, text: string): number {
  const time = /^\d{12,}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(time)) return time;
  throw new UsageError(`${name}: expected a time such as 2024-03-04T14:30:00Z, was "${text}"`);
}

async function write(target: Writable, text: string): Promise<void> {
  if (text !== '' && !target.write(text)) await once(target, 'drain');
}
