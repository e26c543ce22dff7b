/** The market of the demonstration, made from a seed. `reference` has the true bars; `stream` is what a faulty feed delivered. Pure. */
import { type Bar, calendarNamed, DayGrid, MINUTE_MS, parseInterval, type TradingDay } from '@barkeep/bars';

export const DEMO_SYMBOLS = 'ALPHA BRAVO CINDER DELTA EMBER FJORD GLINT HAVEN INDIGO JUNIPER'.split(' ');
const SEED = 20_240_304;
export const DEMO_CALENDAR = 'XNYS';
/** One week: 5 × 390 minutes. */
export const DEMO_START = '2024-03-04';
export const DEMO_END = '2024-03-08';

/** Share of the minutes that the feed loses at random. */
const LOSS = 0.02;
/**
 * The feed loses EMBER on Wednesday for 40 minutes from 11:30 in New York, 120 minutes after the open. Here and in {@link NOWHERE}, `day`
 * counts the trading days and `from` the minutes of the day, both from 0.
 */
const OUTAGE = { symbol: 'EMBER', day: 2, from: 120, minutes: 40 };
/** Minutes that no dataset has, so that no repair can fill them. */
const NOWHERE = [
  { symbol: 'BRAVO', day: 1, from: 37, minutes: 1 },
  { symbol: 'GLINT', day: 3, from: 200, minutes: 1 },
  { symbol: 'JUNIPER', day: 4, from: 389, minutes: 1 },
];
/** Places in a row of {@link csvFile}. */
const [TIME, OPEN, HIGH, CLOSE, VOLUME] = [0, 2, 3, 5, 6] as const;
/** Each function spoils one row of the feed. */
const CORRUPTIONS: readonly ((fields: string[]) => string[])[] = [
  (fields) => fields.with(HIGH, '0.01'),
  (fields) => fields.with(OPEN, 'n/a'),
  (fields) => fields.with(TIME, '2024-03-99T10:00:00Z'),
  (fields) => fields.with(VOLUME, '-500'),
  (fields) => fields.slice(0, 4), // without low, close and volume
  (fields) => fields.with(CLOSE, 'NaN'),
];

type MarketBar = Bar & { symbol: string };

/**
 * @param seed a whole number; the same seed gives the same market
 * @returns the true bars, and the rows of the feed's CSV file in time order, corrupt rows included
 */
export function makeMarket(seed = SEED) {
  const days = calendarNamed(DEMO_CALENDAR).tradingDays(DEMO_START, DEMO_END);
  const random = mulberry32(seed);
  const allBars = DEMO_SYMBOLS.flatMap((symbol) => walk(symbol, days, random)).sort(
    (a, b) => a.openTime - b.openTime || (a.symbol < b.symbol ? -1 : 1),
  );
  const isIn = ({ symbol, openTime }: MarketBar, hole: typeof OUTAGE): boolean => {
    const minute = (openTime - days[hole.day]!.segments[0]!.open) / MINUTE_MS;
    return symbol === hole.symbol && minute >= hole.from && minute < hole.from + hole.minutes;
  };
  const reference = allBars.filter((bar) => !NOWHERE.some((hole) => isIn(bar, hole)));
  const streamed = reference.filter((bar) => random() >= LOSS && !isIn(bar, OUTAGE));
  return { reference, streamRows: corrupted(streamed.map(csvRow), random) };
}

/** Open times of all expected minutes, ISO 8601, in order. */
export function demoMinutes(): string[] {
  const days = calendarNamed(DEMO_CALENDAR).tradingDays(DEMO_START, DEMO_END);
  return minutesOf(days).map((time) => new Date(time).toISOString());
}

export function csvFile(rows: readonly string[]): string {
  return ['time,symbol,open,high,low,close,volume', ...rows, ''].join('\n');
}

/** Formats a bar as a row of {@link csvFile}. */
export function csvRow({ symbol, openTime, open, high, low, close, volume }: MarketBar): string {
  return [new Date(openTime).toISOString(), symbol, open, high, low, close, volume].join(',');
}

/** Divides the rows into as many equal parts as there are corruptions, and spoils one row of each part. */
function corrupted(rows: string[], random: () => number): string[] {
  const partLength = Math.floor(rows.length / CORRUPTIONS.length);
  const spoiled = [...rows];
  CORRUPTIONS.forEach((corrupt, index) => {
    const at = index * partLength + Math.floor(random() * partLength);
    spoiled[at] = corrupt((rows[at] ?? '').split(',')).join(',');
  });
  return spoiled;
}

/** Mulberry32: a small generator of numbers from 0 (included) to 1 (excluded). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function minutesOf(days: readonly TradingDay[]): number[] {
  const grids = days.map((day) => new DayGrid(day, parseInterval('1m')));
  return grids.flatMap((grid) => Array.from({ length: grid.slotCount }, (_, slot) => grid.openTime(slot)));
}

/** One-minute bars of a symbol for every minute of the days: a random walk in whole cents. */
function walk(symbol: string, days: readonly TradingDay[], random: () => number): MarketBar[] {
  let cents = 2_000 + Math.floor(random() * 30_000); // a price from 20 to 320
  return minutesOf(days).map((openTime) => {
    const bar = barFrom(cents, openTime, random);
    cents = Math.round(bar.close * 100);
    return { symbol, ...bar };
  });
}

/** A bar that opens at a price. Each of its steps is up to 0.2 % of the price, and small steps are more frequent. */
function barFrom(openCents: number, openTime: number, random: () => number): Bar {
  const step = (): number => Math.floor(random() * random() * openCents * 0.002);
  const closeCents = Math.max(100, openCents + step() - step());
  const highCents = Math.max(openCents, closeCents) + step();
  const lowCents = Math.max(1, Math.min(openCents, closeCents) - step());
  const [open, high, low, close] = [openCents / 100, highCents / 100, lowCents / 100, closeCents / 100];
  return { openTime, open, high, low, close, volume: 100 + Math.floor(random() * 9_900) };
}
