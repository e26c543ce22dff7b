/**
 * docs/storage-layout.md is enough to read a session. This test decodes chunks by the tables and rules of that page, without
 * Barkeep's code, and compares the result with the API.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Api, type ApiBar } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/storage-layout.md'), 'utf8');

/** The table cells of every line of the document; empty for a line outside of a table. */
const LINES = DOCUMENT.split('\n').map((line) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim()),
);

/** Rows of the document's table that has these columns. */
function table(...columns: string[]): string[][] {
  const head = LINES.findIndex((cells) => cells.join('|') === columns.join('|'));
  if (head < 0) throw new Error(`expected docs/storage-layout.md to have a table of ${columns.join(', ')}`);
  const firstRow = head + 2; // after the head and the line of dashes
  const end = LINES.findIndex((cells, line) => line >= firstRow && cells.length === 0);
  return LINES.slice(firstRow, end);
}

/** The fields of a record, which all are numbers. */
const FIELDS = table('offset', 'type', 'field').map(([offset, type, field]) => ({
  offset: Number(offset),
  type: type!,
  field: field!,
}));
const ORIGINS = new Map(table('origin', 'means').map(([code, name]) => [Number(code), name]));
const STATES = new Map(table('byte', 'means').map(([byte, meaning]) => [byte, meaning]));
const RECORD_BYTES = 48;
/** States of slots, one byte each. */
const STATE_OF_STREAMED = 0;
const UNFILLABLE = 200;
const BACKFILLED = 202;

/** XNYS opened at 13:30Z on these dates, for 390 minutes. */
const DATES = ['2013-10-07', '2013-10-08'] as const;
/** For each interval: the number of slots of a day, and the length of a slot in minutes. */
const INTERVALS = {
  '1m': { slots: 390, minutes: 1 },
  '5m': { slots: 78, minutes: 5 },
  '15m': { slots: 26, minutes: 15 },
  '1d': { slots: 1, minutes: 390 },
};
type Interval = keyof typeof INTERVALS;
const SYMBOLS = ['AAA', 'BBB'];
/** The slots of BBB's first day that no dataset has: the second and the last. */
const ABSENT = [1, 389];
const SEED = 20_131_007;
const MINUTE_MS = 60_000;

let system: TestSystem;
let api: Api;
let redis: Redis;
/** All keys of the session begin with this text and a colon. */
let keyBase: string;

beforeAll(async () => {
  const market = marketBars({ symbols: SYMBOLS, start: DATES[0], end: DATES[1], seed: SEED });
  const withoutAbsent = market.get('BBB')!.filter((_, slot) => !ABSENT.includes(slot));
  market.set('BBB', withoutAbsent);
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'whole', market);
  await writeBars(system.databaseUrl, 'holes', holey(market, 0.1, SEED));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  const spec = {
    symbols: SYMBOLS,
    start: DATES[0],
    end: DATES[1],
    derivedIntervals: ['5m', '15m', '1d'],
    source: { type: 'dataset', dataset: 'holes' },
    backfill: ['whole'],
    upkeep: { maxRetries: 1 },
  };
  await api.settled(await api.run({ id: 'layout', ...spec }));
  keyBase = `${system.sessionPrefix}:{layout:0}`;
  redis = new Redis(process.env['SESSION_REDIS_URL']!);
});
afterAll(async () => {
  redis?.disconnect();
  await system?.close();
});

function chunkOf(interval: string, symbol: string, date: string): Promise<Buffer | null> {
  return redis.getBuffer(`${keyBase}:chunk:${interval}:${symbol}:${date}`);
}

/** Length of the bitmap at the beginning of a chunk: one bit for each slot, in whole groups of eight bytes. */
function bitmapBytes(slots: number): number {
  return Math.ceil(slots / 64) * 8;
}

/** Reads the bit of a slot. Slot 0 is the highest bit of the first byte. */
function isFilled(chunk: Buffer, slot: number): boolean {
  return (chunk[Math.floor(slot / 8)]! & (0x80 >> (slot % 8))) !== 0;
}

/** Where the record of a slot begins in a chunk. */
function recordStart(slot: number, interval: Interval): number {
  return bitmapBytes(INTERVALS[interval].slots) + RECORD_BYTES * slot;
}

/** Decodes one record by the document's table of fields. */
function recordAt(chunk: Buffer, start: number) {
  const read: Record<string, (at: number) => number> = {
    float64: (at) => chunk.readDoubleLE(at),
    uint8: (at) => chunk.readUInt8(at),
    uint16: (at) => chunk.readUInt16LE(at),
  };
  const values = FIELDS.map(({ offset, type, field }) => [field, read[type]!(start + offset)]);
  return Object.fromEntries(values) as Record<keyof ApiBar | 'dataset', number>;
}

/** Decodes the bars of a chunk into the form of the API. */
function decode(chunk: Buffer, interval: Interval, date: string): ApiBar[] {
  const { slots, minutes } = INTERVALS[interval];
  expect(chunk).toHaveLength(bitmapBytes(slots) + RECORD_BYTES * slots);
  const bars: ApiBar[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const start = recordStart(slot, interval);
    if (!isFilled(chunk, slot)) {
      expect(chunk.subarray(start, start + RECORD_BYTES).every((byte) => byte === 0)).toBe(true);
      continue;
    }
    const { open, high, low, close, volume, origin, sourceCount, expectedCount } = recordAt(chunk, start);
    const openTime = Date.parse(`${date}T13:30:00Z`) + slot * minutes * MINUTE_MS;
    bars.push({
      openTime: new Date(openTime).toISOString(),
      closeTime: new Date(openTime + minutes * MINUTE_MS).toISOString(),
      open,
      high,
      low,
      close,
      volume,
      origin: ORIGINS.get(origin)! as ApiBar['origin'],
      complete: sourceCount === expectedCount,
      sourceCount,
      expectedCount,
    });
  }
  return bars;
}

describe('docs/storage-layout.md', () => {
  it('places the fields of a record one after another, without a hole', () => {
    const sizes: Record<string, number> = { float64: 8, uint8: 1, uint16: 2 };
    let end = 0;
    for (const { field, offset, type } of FIELDS) {
      expect({ field, offset }).toEqual({ field, offset: end });
      end += sizes[type]!;
    }
    expect(end).toBe(RECORD_BYTES);
  });

  it.each(Object.keys(INTERVALS) as Interval[])('is enough to read the %s bars of the API', async (interval) => {
    for (const symbol of SYMBOLS) {
      const chunks = await Promise.all(DATES.map((date) => chunkOf(interval, symbol, date)));
      const decoded = chunks.flatMap((chunk, day) => decode(chunk!, interval, DATES[day]!));
      expect(decoded.length).toBeGreaterThan(0);
      expect(decoded).toEqual(await api.bars('layout', symbol, `interval=${interval}&last=10000`));
    }
  });

  it('describes how to find the dataset of a bar', async () => {
    const chunk = (await chunkOf('1m', 'AAA', DATES[0]))!;
    const records = Array.from({ length: 390 }, (_, slot) => recordAt(chunk, recordStart(slot, '1m')));
    // The source is dataset 0, the repository is dataset 1.
    for (const { origin, dataset } of records) expect(ORIGINS.get(origin)).toBe(['streamed', 'backfilled'][dataset]);
    expect(records.some(({ dataset }) => dataset === 1)).toBe(true);
  });

  it('describes the states of the slots that the stream left empty', async () => {
    const states = (await redis.getBuffer(`${keyBase}:states:BBB:${DATES[0]}`))!;
    const chunk = (await chunkOf('1m', 'BBB', DATES[0]))!;
    expect(STATES.get(String(UNFILLABLE))).toMatch(/unfillable/);
    expect(STATES.get(String(BACKFILLED))).toMatch(/backfilled/);
    expect(states).toHaveLength(390);
    for (const slot of ABSENT) expect(states[slot]).toBe(UNFILLABLE);
    for (const [slot, state] of states.entries()) {
      if (state === UNFILLABLE) continue;
      const origin = ORIGINS.get(recordAt(chunk, recordStart(slot, '1m')).origin);
      const expectedState = origin === 'backfilled' ? BACKFILLED : STATE_OF_STREAMED;
      expect({ slot, origin, state }).toEqual({ slot, origin, state: expectedState });
      expect(['backfilled', 'streamed']).toContain(origin);
    }
  });

  it('describes every field of the position and of the counts', async () => {
    const meta = await redis.hgetall(`${keyBase}:meta`);
    const documented = new Set(table('field', 'holds').flatMap(([names]) => names!.replaceAll('`', '').split(', ')));
    expect(Object.keys(meta).filter((field) => !documented.has(field))).toEqual([]);
    const { clock, frontier, watermark, counts } = await api.session('layout');
    const iso = (field: string) => new Date(Number(meta[field])).toISOString();
    const stored = { clock: iso('clock'), frontier: iso('frontier'), watermark: iso('watermark') };
    expect(stored).toEqual({ clock, frontier, watermark });
    for (const name of ['streamed', 'backfilled', 'noTrade', 'unfillable', 'absent'] as const) {
      expect({ name, count: Number(meta[name] ?? 0) }).toEqual({ name, count: counts[name] });
    }
  });

  it('I1 describes how the digest is made', async () => {
    const hash = createHash('sha256');
    for (const interval of Object.keys(INTERVALS).sort()) {
      for (const symbol of SYMBOLS) {
        for (const date of DATES) {
          const chunk = await chunkOf(interval, symbol, date);
          if (chunk) hash.update(`${interval}:${symbol}:${date}\n`, 'ascii').update(chunk);
        }
      }
    }
    expect(hash.digest('hex')).toBe(await api.digest('layout'));
  });
});
