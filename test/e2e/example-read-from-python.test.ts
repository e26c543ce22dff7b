/**
 * Runs examples/read-from-python as a user does. Python must print the bars of Barkeep's reader, the same in each run, and
 * the README must show them. If no Python has numpy and redis-py, the example fetches them; no test is skipped.
 * docs/ARCHITECTURE.md lists the invariants, such as I2.
 */
import { join } from 'node:path';
import { type OpenSession, openSession } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { findPython, type PythonProgram } from '../../examples/read-from-python/find-python.cjs';
import { ExampleRun } from '../support/programs/example-run.js';
import { cellsOf, closedBars, INTERVALS, summaryOf } from '../support/programs/printed-chunk.js';
import { runProgram } from '../support/programs/run-program.js';

const ROOT = join(__dirname, '../..');
const SCRIPT = join(ROOT, 'examples/read-from-python/read_chunk.py');
const SESSION = 'read-from-python';

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

/** Asserts that the first and last four bars of each interval, and the summaries, equal those of Barkeep's reader. */
async function expectBarsOfReader(text: string, session: OpenSession, symbol: string, date: string): Promise<void> {
  const textWithoutPadding = text.replaceAll(/ +/g, ' ');
  for (const interval of INTERVALS) {
    const bars = await closedBars(session, symbol, interval, date);
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
      for (const interval of INTERVALS) {
        if (closed[interval] === 0) {
          expect(text).toContain(`${interval}: no bars yet`);
          continue;
        }
        expect(text).toContain(`${interval}: ${closed[interval]} of `);
        expect(text).toContain(summaryOf(await closedBars(session, 'BRAVO', interval, '2024-03-05'), interval));
      }
    }
  });

  it('fails with an explanation when there is no such session', async () => {
    await expect(readChunk('missing', 'BRAVO', '2024-03-05')).rejects.toThrow('expected a session at');
  });
});
