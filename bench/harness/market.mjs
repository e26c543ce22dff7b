/** Makes the data of the benchmarks: seeded random walks on the days of XNYS, imported into PostgreSQL one symbol after another. */
import { BarImporter, datasetExtent, packDays, resolveDataset } from '@barkeep/bar-repository';
import { calendarNamed, DayGrid, parseInterval } from '@barkeep/bars';

const START = '2024-01-02';
const LAST = '2024-12-31';

/** A small generator of pseudo-random numbers in [0, 1): mulberry32. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const symbolNames = (count) => Array.from({ length: count }, (_, i) => `S${String(i).padStart(4, '0')}`);

/** The minute grids of the first `days` trading days of 2024 with full hours (390 minutes). */
export function gridsOf(days) {
  const all = calendarNamed('XNYS')
    .tradingDays(START, LAST)
    .map((day) => new DayGrid(day, parseInterval('1m')));
  return all.filter(({ slotCount }) => slotCount === 390).slice(0, days);
}

/** The bars of a symbol on one day, in whole cents; a share of about `holes` is missing. */
export function barsOf(grid, random, holes) {
  const bars = [];
  let cents = 2_000 + Math.floor(random() * 30_000); // a price from 20 to 320
  for (let slot = 0; slot < grid.slotCount; slot++) {
    const opened = cents;
    cents = Math.max(100, cents + Math.floor(random() * 21) - 10);
    const highest = Math.max(opened, cents) + Math.floor(random() * 5);
    const lowest = Math.min(opened, cents) - Math.floor(random() * 5);
    const volume = 100 + Math.floor(random() * 9_900);
    if (random() < holes) continue;
    const [open, high, low, close] = [opened, highest, lowest, cents].map((price) => price / 100);
    bars.push({ openTime: grid.openTime(slot), open, high, low, close, volume });
  }
  return bars;
}

/** The bars of a day, by symbol. @param symbols how many @param holes share of missing bars */
export function marketDay(grid, { symbols, seed, holes = 0 }) {
  const random = seeded(seed);
  return new Map(symbolNames(symbols).map((symbol) => [symbol, barsOf(grid, random, holes)]));
}

/**
 * Makes a dataset and stores it in PostgreSQL. @param symbols,days how many @param holes share of missing bars
 * @param packed true also packs its days
 * @returns `{ dataset, datasetId, symbols, start, end, grids, bars }`: names of the symbols, first and last date, the minute
 * grid of each day, and the number of bars
 */
export async function importMarket(dataSource, { name, symbols, days, holes, packed = false }, log) {
  const startedAt = Date.now();
  const grids = gridsOf(days);
  const importer = await BarImporter.open(dataSource, name);
  const random = seeded(1);
  let bars = 0;
  for (const symbol of symbolNames(symbols)) {
    for (const grid of grids) {
      const rows = barsOf(grid, random, holes);
      bars += rows.length;
      await importer.write(symbol, rows);
    }
  }
  await importer.finish();
  const datasetId = await resolveDataset(dataSource, name);
  if (packed) await pack(dataSource, datasetId, grids);
  // A database that has run for a while has set hint bits and written a checkpoint long ago, so this happens outside of the measurement.
  await dataSource.query('VACUUM (ANALYZE) bars, packed_days');
  await dataSource.query('CHECKPOINT');
  log(`  made ${name}: ${bars.toLocaleString('en-US')} bars in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  const [start, end] = [grids[0].date, grids.at(-1).date];
  return { dataset: name, datasetId, symbols: symbolNames(symbols), start, end, grids, bars };
}

/** Packs the days of a dataset, by the same call as that of `barkeep pack`. */
async function pack(dataSource, datasetId, grids) {
  const symbolIds = (await datasetExtent(dataSource, datasetId)).map(({ id }) => id);
  const days = grids.map(({ day }) => day);
  await packDays(dataSource, { datasetId, symbolIds, days, interval: parseInterval('1m') });
}

/** A part of a market without holes, in the form of a market. @param from its first symbol and day */
export function partOf(market, { symbols, days }, from = { symbols: 0, days: 0 }) {
  const grids = market.grids.slice(from.days, from.days + days);
  return {
    ...market,
    symbols: market.symbols.slice(from.symbols, from.symbols + symbols),
    grids,
    start: grids[0].date,
    end: grids.at(-1).date,
    bars: symbols * days * grids[0].slotCount,
  };
}
