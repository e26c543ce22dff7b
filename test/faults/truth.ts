/**
 * Compares the bars of an undisturbed session with bars that are computed here, from the bars that were imported or fed. The sessions of
 * schedules are compared with the undisturbed ones (checker.ts).
 */
import type { Bar } from '@barkeep/bars';
import { SYMBOLS } from './kinds.js';
import { importedMarkets } from './lab/datasets.js';
import type { SessionUnderTest } from './session.js';

const MINUTE_MS = 60_000;
/** Minutes of the session's intervals. */
const INTERVALS = { '1m': 1, '5m': 5, '30m': 30 };

type Values = readonly number[];
type Timed = Pick<Bar, 'openTime' | 'open' | 'high' | 'low' | 'close' | 'volume'>;
const valuesOf = ({ openTime, open, high, low, close, volume }: Timed): Values => [
  openTime,
  open,
  high,
  low,
  close,
  volume,
];

/** Leaves out the session of many symbols, and sessions with a history or removed days. @throws Error with the first bar that differs */
export async function expectTrueBars(session: SessionUnderTest): Promise<void> {
  const { spec } = session.kind;
  const hasOtherMarket = spec['symbols'] !== SYMBOLS;
  const hasOtherDays = 'history' in spec;
  if (hasOtherMarket || hasOtherDays) return;
  for (const symbol of SYMBOLS) {
    const minutes = trueMinutes(symbol, spec);
    for (const [interval, length] of Object.entries(INTERVALS)) {
      const answered = (await session.bars(symbol, interval)).map((bar) =>
        valuesOf({ ...bar, openTime: Date.parse(bar.openTime) }),
      );
      const expected = aggregated(minutes, length * MINUTE_MS);
      const at = expected.findIndex((bar, i) => JSON.stringify(bar) !== JSON.stringify(answered[i]));
      if (at >= 0 || answered.length !== expected.length)
        throw new Error(
          `${symbol} ${interval}: expected ${expected.length} bars, was ${answered.length}; bar ${at}: expected ${JSON.stringify(expected[at])}, was ${JSON.stringify(answered[at])}`,
        );
    }
  }
}

/**
 * The bars that the session has in the end, by time: those of its source and of its repositories. Sources that have the same minute have
 * equal bars of it. Each session has `reference` as a repository, or one with its bars.
 */
function trueMinutes(symbol: string, spec: Readonly<Record<string, unknown>>): Bar[] {
  const { stream, reference, sparse } = importedMarkets();
  const names = spec['backfill'] as string[];
  const markets = [stream, reference, ...(names.includes('sparse') ? [sparse] : [])];
  const byTime = new Map(markets.flatMap((market) => market.get(symbol)!.map((bar) => [bar.openTime, bar] as const)));
  const [from, to] = [Date.parse(spec['start'] as string), Date.parse(spec['end'] as string) + 24 * 60 * MINUTE_MS];
  return [...byTime.values()]
    .filter(({ openTime }) => openTime >= from && openTime < to)
    .sort((a, b) => a.openTime - b.openTime);
}

/**
 * Bars of `lengthMs` from bars of a minute. They begin at multiples of `lengthMs`, as the session's do: the venue opens and closes at whole
 * hours or half hours.
 */
function aggregated(minutes: readonly Bar[], lengthMs: number): Values[] {
  const groups = new Map<number, Bar[]>();
  for (const bar of minutes) {
    const open = Math.floor(bar.openTime / lengthMs) * lengthMs;
    groups.set(open, [...(groups.get(open) ?? []), bar]);
  }
  return [...groups].map(([openTime, bars]) => [
    openTime,
    bars[0]!.open,
    Math.max(...bars.map(({ high }) => high)),
    Math.min(...bars.map(({ low }) => low)),
    bars.at(-1)!.close,
    bars.reduce((sum, { volume }) => sum + volume, 0),
  ]);
}
