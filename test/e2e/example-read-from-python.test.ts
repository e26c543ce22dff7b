/**
 * Runs examples/read-from-python as a user does. Python must print the bars of Barkeep's reader, the same in each run, and
 * the README must show them. If no Python has numpy and redis-py, the example fetches them; no test is skipped.
 * docs/ARCHITECTURE.md lists the invariants, such as I2.
 */
import { join } from 'node:path';
import type { ShownBar } from '@barkeep/bars';
import { type OpenSession, openSession } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { findPython, type PythonProgram } from '../../examples/read-from-python/find-python.cjs';
import { ExampleRun } from '../support/programs/example-run.js';
import { runProgram } from '../support/programs/run-program.js';

const ROOT = join(__dirname, '../..');
const SCRIPT = join(ROOT, 'examples/read-from-python/read_chunk.py');
const SESSION = 'read-from-python';
const MINUTE_MS = 60_000;
/** The intervals that the script reads: the bars of a day, and the length of one. */
const INTERVALS = { '1m': { slots: 390, lengthMs: MINUTE_MS }, '5m': { slots: 78, lengthMs: 5 * MINUTE_MS } };
type Interval = keyof typeof INTERVALS;
/** How the script prints averages. */
const FOUR_DECIMALS = { minimumFractionDigits: 4, maximumFractionDigits: 4, useGrouping: false };
/** Bars in the moving average that the script prints. */
const SMA_BARS = 20;

jest.setTimeout(300_000); // enough for downloads on an empty machine and two whole runs

/** `withoutServers` is this environment without the addresses of servers. A program that gets it starts private servers. */
const { REDIS_URL: _queues, SESSION_REDIS_URL, DATABASE_URL: _database, ...withoutServers } = process.env;
let example: ExampleRun;
let redis: Redis;
/** What the example prints: the bars of BRAVO on 5 March. */
let printed: string;
let python: PythonProgram;

beforeAll(async () => {
  example = await ExampleRun.create('read-from-python');
  redis = new Redis(SESSION_REDIS_URL!);
  printed = await example.printed();
  python = findPython(['redis', 'numpy'], example.env, () => undefined);
});

afterAll(async () => {
  redis?.disconnect();
  await example?.close();
});

/** Runs a program that must succeed. @returns what it prints to stdout */
async function output(program: string, args: string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await runProgram(program, args, { cwd: ROOT, env: environment });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: code ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs only the script, which reads one symbol's day from the session Redis of the test. @returns what it prints */
function readChunk(session: string, symbol: string, date: string): Promise<string> {
  return output(python.path, [SCRIPT, session, symbol, date], python.env);
}

/** The closed bars of a day in March 2024, when New York opened at 14:30Z. */
async function barsOf(session: OpenSession, symbol: string, interval: Interval, date: string): Promise<ShownBar[]> {
  const open = Date.parse(`${date}T14:30:00Z`);
  const bars = await session.barsBetween(symbol, interval, open, open + 390 * MINUTE_MS);
  // The reader also returns a forming bar, which is shorter.
  return bars.filter(({ openTime, closeTime }) => closeTime - openTime === INTERVALS[interval].lengthMs);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The moving averages at the last four bars. A bar with fewer than 19 bars before it has none. */
function lastAverages(closes: readonly number[]): number[] {
  const counts = [3, 2, 1, 0].map((barsAgo) => closes.length - barsAgo).filter((count) => count >= SMA_BARS);
  return counts.map((count) => sum(closes.slice(count - SMA_BARS, count)) / SMA_BARS);
}

/** The summary that the script prints for these bars. */
function summaryOf(bars: readonly ShownBar[], interval: Interval): string {
  const originCounts = (['streamed', 'backfilled', 'derived'] as const)
    .map((origin) => ({ origin, count: bars.filter((bar) => bar.origin === origin).length }))
    .filter(({ count }) => count > 0)
    .map(({ origin, count }) => `${count} ${origin}`);
  const closes = bars.map(({ close }) => close);
  const volume = sum(bars.map((bar) => bar.volume));
  const turnover = sum(bars.map(({ high, low, close, volume: traded }) => ((high + low + close) / 3) * traded));
  const text = (value: number) => value.toLocaleString('en-US', FOUR_DECIMALS);
  const partial = bars.filter(({ sourceCount, expectedCount }) => sourceCount < expectedCount).length;
  return [
    `${interval}: ${bars.length} of ${INTERVALS[interval].slots} bars (${originCounts.join(', ')}; ${partial} partial)`,
    `  mean close    ${text(sum(closes) / closes.length)}`,
    `  VWAP          ${text(turnover / volume)} over a volume of ${volume.toLocaleString('en-US')}`,
    `  last SMA(20)  ${lastAverages(closes).map(text).join(' ') || 'too few bars'}`,
  ].join('\n');
}

/** The cells of a bar in the printed table: time, prices, volume. */
function cellsOf({ openTime, open, high, low, close, volume }: ShownBar): string {
  const time = new Date(openTime).toLocaleTimeString('en-GB', {
    timeZone: 'America/New_York',
    hour: '2-digit',
    minute: '2-digit',
  });
  const prices = [open, high, low, close].map((price) => price.toFixed(2));
  return [time, ...prices, volume.toLocaleString('en-US')].join(' ');
}

/** Asserts that the first and last four bars of each interval, and the summaries, equal those of Barkeep's reader. */
async function expectBarsOfReader(text: string, session: OpenSession, symbol: string, date: string): Promise<void> {
  const textWithoutPadding = text.replaceAll(/ +/g, ' ');
  for (const interval of ['1m', '5m'] as const) {
    const bars = await barsOf(session, symbol, interval, date);
    expect(text).toContain(summaryOf(bars, interval));
    for (const bar of [...bars.slice(0, 4), ...bars.slice(-4)]) expect(textWithoutPadding).toContain(cellsOf(bar));
  }
}

/** Copies the example's session under another id, with an earlier clock, so that its chunks have bars after the clock. */
async function copySession(id: string, clock: number): Promise<void> {
  const tag = (session: string) => `${example.prefix}:{${session}:0}`;
  const keys = await redis.keys(`${tag(SESSION)}:*`);
  for (const key of keys) await redis.copy(key, key.replace(tag(SESSION), tag(id)));
  await redis.hset(`${tag(id)}:meta`, 'clock', clock);
}

describe('the example read-from-python', () => {
  it('prints the bars of the reader, with a hole, backfilled bars and a partial bar', async () => {
    expect(printed).toMatch(/^BRAVO on 2024-03-05, as the clock stands at 2024-03-06 16:00 in New York$/m);
    expect(printed).toMatch(/389 of 390 bars \(\d+ streamed, \d+ backfilled; 0 partial\)/);
    expect(printed).toMatch(/78 of 78 bars \(78 derived; 1 partial\)/);
    const session = await openSession(redis, example.prefix, SESSION);
    await expectBarsOfReader(printed, session, 'BRAVO', '2024-03-05');
    const ofEmber = await readChunk(SESSION, 'EMBER', '2024-03-06');
    await expectBarsOfReader(ofEmber, session, 'EMBER', '2024-03-06');
  });

  it('prints the same on private servers, and the README shows it', async () => {
    expect(await output('npm', ['run', '--silent', 'example:read-from-python'], withoutServers)).toBe(printed);
    expect(example.readme()).toContain(printed.trimEnd());
  });

  it('I2 shows nothing that closes after the clock, although the chunks have it', async () => {
    // Clocks in UTC (New York opens at 14:30), and the numbers of bars that have closed by then.
    for (const { clock, closed } of [
      { clock: '14:30', closed: { '1m': 0, '5m': 0 } },
      { clock: '14:37', closed: { '1m': 7, '5m': 1 } },
      { clock: '16:45', closed: { '1m': 134, '5m': 27 } }, // without the minute that no dataset has
    ]) {
      const id = `clock-${clock.replace(':', '')}`;
      await copySession(id, Date.parse(`2024-03-05T${clock}:00Z`));
      const session = await openSession(redis, example.prefix, id);
      const text = await readChunk(id, 'BRAVO', '2024-03-05');
      for (const interval of ['1m', '5m'] as const) {
        if (closed[interval] === 0) {
          expect(text).toContain(`${interval}: no bars yet`);
          continue;
        }
        expect(text).toContain(`${interval}: ${closed[interval]} of `);
        expect(text).toContain(summaryOf(await barsOf(session, 'BRAVO', interval, '2024-03-05'), interval));
      }
    }
  });

  it('fails with an explanation when there is no such session', async () => {
    await expect(readChunk('nobody', 'BRAVO', '2024-03-05')).rejects.toThrow('expected a session at');
  });
});
