/** The results of the demonstration, as data and as text. Pure. */
import { barQuality, percentText } from '@barkeep/bars';
import type { BarAnswer, Digest, SessionStatus, SymbolMetrics } from '@barkeep/client';
import { type ImportSummary, summaryText } from '../import/index.js';
import { formatCount, table } from '../terminal/index.js';
import { digestText, qualityText } from '../report/index.js';

export interface DemoSymbol {
  metrics: SymbolMetrics;
  /** Number of gaps in the stream before any repair. */
  gapsFound: number;
  /** By derived interval, the number of bars that have all of their source bars, and of those that lack some. */
  derived: Record<string, { complete: number; partial: number }>;
}

export interface DemoResult {
  imports: ImportSummary[];
  session: SessionStatus;
  symbols: DemoSymbol[];
  digest: Digest;
  /** Wall time from the session's start to its completion, and until its last slot was settled. */
  sessionSeconds: number;
  settledSeconds: number;
  /** Wall time of the whole demonstration. */
  totalSeconds: number;
  coordinatorUrl: string;
}

/** Counts the runs of expected minutes without a streamed bar. @param expected open times, ISO 8601, in order */
export function gapsInStream(expected: readonly string[], bars: readonly BarAnswer[]): number {
  const streamed = new Set(bars.filter((bar) => bar.origin === 'streamed').map((bar) => bar.openTime));
  const isFirstOfGap = (time: string, index: number): boolean =>
    !streamed.has(time) && (index === 0 || streamed.has(expected[index - 1]!));
  return expected.filter(isFirstOfGap).length;
}

export function derivedCounts(bars: readonly BarAnswer[]): DemoSymbol['derived'][string] {
  const complete = bars.filter((bar) => bar.complete).length;
  return { complete, partial: bars.length - complete };
}

/** The result as `--json` prints it. */
export function demoJson(result: DemoResult): object {
  const { symbols, digest, session, ...rest } = result;
  return {
    ...rest,
    ...digest.raw,
    session: session.raw,
    symbols: symbols.map(({ metrics, gapsFound, derived }) => ({
      ...metrics.raw,
      gapsFound,
      qualityBefore: qualityBefore(metrics),
      derived,
    })),
  };
}

/** The quality of the streamed bars alone, in percent. */
function qualityBefore({ streamed, expected, noTrade }: SymbolMetrics): number {
  return barQuality({ filled: streamed, expected, noTrade });
}

export function demoText({ imports, symbols, session, digest, ...seconds }: DemoResult): string {
  const { filled } = session.counts;
  const rate = Math.round(filled / Math.max(seconds.sessionSeconds, 0.001));
  const imported = imports.map(({ dataset, rowsPerSecond }) => `${dataset} ${formatCount(rowsPerSecond)} rows/s`);
  return [
    symbolTable(symbols),
    '',
    digestText(digest),
    `session: ${formatCount(filled)} bars streamed, repaired and derived in ${seconds.sessionSeconds.toFixed(2)} s, ${formatCount(rate)} bars/s;` +
      ` every slot settled after ${seconds.settledSeconds.toFixed(2)} s`,
    `import:  ${imported.join(', ')}`,
    `total:   ${seconds.totalSeconds.toFixed(1)} s`,
  ].join('\n');
}

export function importText(imports: readonly ImportSummary[]): string {
  return imports.map((summary) => summaryText(summary)).join('\n');
}

function symbolTable(symbols: readonly DemoSymbol[]): string {
  const intervals = Object.keys(symbols[0]?.derived ?? {});
  // The table with two intervals is exactly 80 columns wide.
  const repair = ['gaps', 'back-\nfilled', 'unfill-\nable', 'quality, %'];
  const head = ['symbol', 'ex-\npected', 'streamed', ...repair, ...intervals];
  const rows = symbols.map(({ metrics, gapsFound, derived }) => [
    metrics.symbol,
    metrics.expected,
    metrics.streamed,
    `${gapsFound} → ${metrics.gapCount}`,
    metrics.backfilled,
    metrics.unfillable,
    `${percentText(qualityBefore(metrics))} → ${qualityText(metrics.barQuality)}`.replaceAll(' %', ''),
    ...Object.values(derived).map(({ complete, partial }) => `${formatCount(complete)}+${formatCount(partial)}`),
  ]);
  return `${table(head, rows)}\n(gaps and quality: as streamed → as repaired; ${intervals.join(', ')}: complete + partial bars)`;
}
