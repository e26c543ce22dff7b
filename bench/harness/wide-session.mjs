/**
 * A session of 500 symbols and 252 days whose store the benchmark writes directly: every day has the bitmap of a day
 * with few holes, and some days have slot states.
 */
import { BarImporter } from '@barkeep/bar-repository';
import { bitmapBytes } from '@barkeep/bars';
import { SessionReader } from '@barkeep/session-data';
import { seeded, symbolNames } from './market.mjs';
import { NO_UPKEEP, specOf, waitForCompletion } from './session.mjs';

const WIDE = { symbols: 500, start: '2024-01-02', end: '2024-12-31', days: 252 };
/** Share of the days that have gaps, and therefore slot states. */
const WITH_STATES = 0.3;
const HOLES = 0.02;
const DAY_MS = 86_400_000;

/** Cells of the matrix. */
export const CELLS = WIDE.symbols * WIDE.days;

/**
 * Starts a coordinator with a completed session that has one bar for each symbol and day.
 * @param size number of symbols and trading days, and the first and last date
 * @returns `{ coordinator, meter, id, layout, remove }`
 */
export async function makeWideSession(bench, size = WIDE) {
  const { dataSource, redis } = bench;
  const { coordinator, meter } = await bench.system();
  const importer = await BarImporter.open(dataSource, 'bench-days');
  const symbols = symbolNames(size.symbols);
  const bars = [];
  for (let day = Date.parse(size.start); day <= Date.parse(size.end); day += DAY_MS) {
    // 15:00 UTC is within the hours of every trading day.
    bars.push({ openTime: day + 15 * 3_600_000, open: 10, high: 10, low: 10, close: 10, volume: 1 });
  }
  for (const symbol of symbols) await importer.write(symbol, bars);
  await importer.finish();
  const spec = specOf({ ...size, symbols, dataset: 'bench-days' }, NO_UPKEEP);
  const { id } = await coordinator.call('POST', '/v1/sessions?start=true', spec);
  await waitForCompletion(dataSource, id);
  const { filled } = (await coordinator.call('GET', `/v1/sessions/${id}`)).counts;
  if (filled !== symbols.length * size.days) throw new Error(`expected a bar in each cell, was ${filled} bars`);
  const { layout } = await new SessionReader(redis, 'barkeep').open(id);
  return { coordinator, meter, id, layout, remove: () => coordinator.call('DELETE', `/v1/sessions/${id}`) };
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
