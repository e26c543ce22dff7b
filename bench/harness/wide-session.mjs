/**
 * A session of 500 symbols and 252 days whose store the benchmark writes directly: every day has the bitmap of a day
 * with few holes, and some days have slot states.
 */
import { BarImporter } from '@barkeep/bar-repository';
import { bitmapBytes } from '@barkeep/bars';
import { seeded, symbolNames } from './market.mjs';
import { expectFilled, waitForCompletion } from './session.mjs';

const SYMBOLS = 500;
const DAYS = 252;
const DATES = { start: '2024-01-02', end: '2024-12-31' };
/** Share of the days that have gaps, and therefore slot states. */
const WITH_STATES = 0.3;
const HOLES = 0.02;

/** Cells of the matrix. */
export const CELLS = SYMBOLS * DAYS;

/** A completed session with one bar for each symbol and day. @param size number of symbols, and the first and last day */
export async function makeWideSession(bench, coordinator, size = { symbols: SYMBOLS, dates: DATES, days: DAYS }) {
  const dataSource = await bench.dataSource();
  const importer = await BarImporter.open(dataSource, 'bench-days');
  const symbols = symbolNames(size.symbols);
  const bar = { open: 10, high: 10, low: 10, close: 10, volume: 1 };
  const days = [];
  for (let day = Date.parse(size.dates.start); day <= Date.parse(size.dates.end); day += 86_400_000) days.push(day);
  for (const symbol of symbols) {
    // 15:00 UTC is within the hours of every trading day.
    await importer.write(
      symbol,
      days.map((day) => ({ ...bar, openTime: day + 15 * 3_600_000 })),
    );
  }
  await importer.finish();
  const source = { type: 'dataset', dataset: 'bench-days' };
  const spec = { ...size.dates, symbols, source, derivedIntervals: [], upkeep: { enabled: false }, retentionHours: 0 };
  const { id } = await coordinator.call('POST', '/v1/sessions?start=true', spec);
  await waitForCompletion(dataSource, id);
  expectFilled(await coordinator.call('GET', `/v1/sessions/${id}`), size.symbols * size.days);
  return id;
}

/** Writes the bitmap of a day with few holes for every day, and slot states for some days. @returns the filled slots */
export async function fillStore(redis, layout) {
  const random = seeded(1);
  let filled = 0;
  for (const [day, { date }] of layout.days.entries()) {
    const { slotCount } = layout.grid(day);
    for (const [partition, keys] of layout.keys.entries()) {
      const pipeline = redis.pipeline();
      for (const symbol of layout.symbolsOf(partition)) {
        const bitmap = Buffer.alloc(bitmapBytes(slotCount));
        const states = random() < WITH_STATES ? Buffer.alloc(slotCount) : undefined;
        for (let slot = 0; slot < slotCount; slot++) {
          if (states && random() < HOLES) states[slot] = 1;
          else {
            bitmap[slot >> 3] |= 0x80 >> (slot & 7);
            filled++;
          }
        }
        pipeline.setrange(keys.chunk('1m', symbol, date), 0, bitmap);
        if (states) pipeline.set(keys.states(symbol, date), states);
      }
      await pipeline.exec();
    }
  }
  return filled;
}
