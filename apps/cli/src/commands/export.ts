/** `barkeep export`: writes the bars of a session, up to its clock, as CSV or NDJSON. */
import { pipeline } from 'node:stream/promises';
import { parseIsoTime } from '@barkeep/bars';
import type { CoordinatorClient } from '@barkeep/client';
import {
  formatCount,
  InterruptedError,
  note,
  optionReader,
  printResult,
  type Progress,
  symbolsReader,
  UsageError,
  withProgress,
  writeWhole,
} from '../terminal/index.js';
import { sessionCommand, type SessionOptions } from './command.js';

interface ExportOptions extends SessionOptions {
  format: 'csv' | 'ndjson';
  interval?: string;
  symbols?: string[];
  /** `from` and `to` are epoch ms. */
  from?: number;
  to?: number;
  out?: string;
}

/** A date, or a time with its zone. A time without a zone is refused: it would be read in the zone of this machine. */
const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
const EXAMPLES = `
Examples:
  barkeep export my-session > bars.csv
  barkeep export my-session --interval 5m --symbols SPY,IBM --format ndjson --out bars.ndjson

Bars come symbol by symbol, oldest first, and none after the session's clock. The CSV file can be imported again.`;

export const exportCommand = () =>
  sessionCommand('export', 'write the bars of a session as CSV or NDJSON', EXAMPLES)
    .choice('--format <format>', '', ['csv', 'ndjson'], 'csv')
    .option('--interval <interval>', 'such as 5m, 1h (default: the base interval)')
    .option('--symbols <list>', 'comma-separated (default: all)', symbolsReader('--symbols'))
    .option('--from <time>', 'first open time, ISO 8601 (default: the start of the session)', timeReader('--from'))
    .option('--to <time>', "end of the range, exclusive (default: the session's clock)", timeReader('--to'))
    .option('--out <file>', 'write to a file (default: stdout)')
    .work(async (context, id: string, options: ExportOptions) => {
      if (options.json && options.out === undefined)
        throw new UsageError('--json prints a summary: expected --out too');
      const client = await context.existingCoordinator(options);
      const exported = await exportBars(client, id, options, context.life.signal);
      if (options.json) printResult(options, exported, () => '');
      else note(`${formatCount(exported.bars)} bars of ${formatCount(exported.symbols)} symbols`);
    });

/** Writes the bars to `out` or stdout, and returns the summary for --json. @throws InterruptedError on Ctrl-C */
async function exportBars(client: CoordinatorClient, id: string, options: ExportOptions, signal: AbortSignal) {
  const { format, interval, out, to, json } = options;
  const session = await client.session(id);
  const symbols = options.symbols ?? session.symbols.toSorted();
  const from = options.from ?? (await client.sessionStart(id));
  const iso = (time: number): string => new Date(time).toISOString();
  const query = {
    format,
    interval,
    symbols: options.symbols?.join(','),
    from: iso(from),
    to: to === undefined ? to : iso(to),
  };
  const texts = client.export(id, query);
  // For the progress: without --to the coordinator exports up to the session's clock.
  const end = to ?? (session.clock === null ? from : Date.parse(session.clock));
  let bars = format === 'csv' ? -1 : 0; // the first line of a CSV file is the header
  const write = (progress: Progress): Promise<void> => {
    const counted = withLines(texts, (lines, lastLine) => {
      bars += lines;
      if (bars <= 0) return;
      const place = placeOf(lastLine, format);
      progress.update(doneShare(place, symbols, from, end), place.symbol, bars);
    });
    return out === undefined
      ? pipeline(counted, process.stdout, { end: false, signal })
      : writeWhole(out, counted, signal);
  };
  try {
    await withProgress(`export ${id}`, json || out === undefined, write);
  } catch (error) {
    if (!signal.aborted) throw error;
    const printed = formatCount(Math.max(0, bars));
    const outcome = out === undefined ? `the output has the first ${printed} bars only` : `no ${out} was written`;
    throw new InterruptedError(`interrupted: ${outcome}`);
  }
  return { session: id, symbols: symbols.length, bars: Math.max(0, bars), file: out ?? null };
}

/** Passes texts on. A text may end within a line. @param onLines gets the number of lines that a text completes, and the last of them */
async function* withLines(texts: AsyncIterable<string>, onLines: (lines: number, lastLine: string) => void) {
  let unfinished = ''; // the line within which the last text ended
  for await (const text of texts) {
    const lines = (unfinished + text).split('\n');
    unfinished = lines.pop()!;
    if (lines.length > 0) onLines(lines.length, lines.at(-1)!);
    yield text;
  }
}

/** How far an export is: the bar that it wrote last. */
type Place = { symbol: string; openTime: string };

function placeOf(line: string, format: ExportOptions['format']): Place {
  if (format === 'ndjson') return JSON.parse(line) as Place;
  const [openTime = '', symbol = ''] = line.split(',');
  return { symbol, openTime };
}

/** The share of an export that is done at a place. @param from the times `[from, end)` of each symbol, epoch ms */
function doneShare({ symbol, openTime }: Place, symbols: readonly string[], from: number, end: number): number {
  const shareOfSymbol = (Date.parse(openTime) - from) / Math.max(1, end - from);
  return (symbols.indexOf(symbol) + shareOfSymbol) / symbols.length;
}

/** Returns a reader of a time in ISO 8601 or epoch ms, as the API accepts them. Its result is epoch ms. */
function timeReader(option: string): (text: string) => number {
  return optionReader(option, 'a time such as 2024-03-04T14:30:00Z', (text) => {
    const isEpochMs = /^\d{12,}$/.test(text); // fewer digits could be a date, such as 20240304
    const isoTime = ISO_TIME.test(text) ? parseIsoTime(text) : Number.NaN;
    const time = isEpochMs ? Number(text) : isoTime;
    return Number.isNaN(new Date(time).getTime()) ? undefined : time;
  });
}
